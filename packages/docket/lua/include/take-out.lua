-- The run as one that isn't to be run again.
local function cancelled_run(run)
  local head, rest = string.match(run, "^([^!@\n\t]*)!?(.*)$")
  return head .. "!" .. rest
end

-- Takes a task out that may be held; returns whether it was.
local function unhold(id, name)
  local entry = gated and redis.call("HGET", groups, id)
  local gate = entry and gate_holding(id, entry, name)
  if not gate then return false end
  redis.call("ZREM", held .. gate, id)
  if redis.call("EXISTS", held .. gate) == 0 then redis.call("ZREM", gates, gate) end
  return true
end

-- Out of where it waits; its lane's head stays head.
local function take_out(id, serial, name)
  leave_batch(id)
  if unhold(id, name) then return end
  if leave_ready(id) then return give_place(id) end
  redis.call("LREM", lane .. serial, 1, id)
  redis.call("LREM", aside .. name, 1, id)
  if redis.call("EXISTS", aside .. name) == 0 then redis.call("SREM", asides, name) end
end
