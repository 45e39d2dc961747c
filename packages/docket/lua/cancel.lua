-- Ends a task that isn't running; tells the worker of one that is.
-- args: now_override id
-- returns: cancelled, running or unknown
-- include: clock body lane watch dispatch

local body = redis.call("HGET", bodies, id)
if not body then return "unknown" end
if redis.call("ZSCORE", leases, id) then
  local run = redis.call("HGET", runs, id)
  local _, _, _, owner, cancelled = read_run(run)
  if not cancelled then redis.call("HSET", runs, id, run .. "!") end
  if redis.call("ZSCORE", workers, owner) then redis.call("RPUSH", inbox .. owner, "cancel\t" .. id) end
  return "running"
end
local serial, key, name = ties(body)
if redis.call("ZREM", schedule, id) == 0 and redis.call("LREM", ready, 1, id) == 0 then
  redis.call("LREM", lane .. (serial or ""), 1, id)
  redis.call("LREM", aside .. (name or ""), 1, id)
  if redis.call("EXISTS", aside .. (name or "")) == 0 then redis.call("SREM", asides, name or "") end
end
retire(id, serial or "", key or "", name or "")
dispatch()
return "cancelled"
