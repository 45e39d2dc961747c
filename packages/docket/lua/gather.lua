-- Gives the worker of a batch's leader the others that wait behind its gate, each under a lease of its own.
-- args: now_override worker call id delivery most lease
--   call: as of settle; most: how many others at most
-- returns: now, then per claim its head, attempt:delivery:lost:id, and its body
-- include: time clock body watch send ended flags gated strike priority terms limit batch gate lane dispatch claim

-- Whether one that waits for its batch may start with it; one that may not is held.
local function may_join(id)
  local body = redis.call("HGET", bodies, id)
  local _, _, name = ties(body or "")
  if not name then return false end
  local since, limit, per, group = read_gates(redis.call("HGET", groups, id))
  local gate, at = struck_gate(plain_name(name), body), NEVER
  if not gate and group ~= "" then
    at = paused_until(group)
    gate = at and "p\t" .. group
  end
  if gate then
    hold(id, gate, at, since, limit, per, group)
  elseif group == "" then
    redis.call("HDEL", groups, id)
  else
    redis.call("HSET", groups, id, table.concat({ "", limit, per, group }, "\t"))
  end
  return not gate
end

-- Those that are left wait on.
local function batch_gathered(gate, most, within)
  redis.call("HDEL", batches, gate)
  local count = redis.call("ZCARD", held .. gate)
  if count >= most then return open_batch(gate) end
  if count == 0 then return redis.call("ZREM", gates, gate) end
  opens_at(gate, math.max(now, tonumber(redis.call("ZRANGE", held .. gate, 0, 0, "WITHSCORES")[2]) + within))
end

local answer = { now }
local _, delivered, _, owner = read_run(redis.call("HGET", runs, id))
local own_most, within, gate = batch_of(id)
if not gate or owner ~= worker or delivered ~= tonumber(delivery) then return answer end

local gathered = {}
while #gathered < tonumber(most) and not gates_busy() do
  local next_one = next_of_batch(gate)
  if not next_one then break end
  if may_join(next_one) then gathered[#gathered + 1] = next_one end
end
if #gathered > 0 then
  give(gathered, string.format("%s#%s@%d", worker, call, now), string.format("%d", now + tonumber(lease)), answer)
end
batch_gathered(gate, own_most, within)
dispatch()
return answer
