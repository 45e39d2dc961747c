-- Ends a task that isn't running; tells the worker of one that is.
-- args: now_override id
-- returns: cancelled, running or unknown
-- include: time clock body watch send ended history flags gated strike priority terms limit batch gate lane take-out dispatch

local body = redis.call("HGET", bodies, id)
if not body then return "unknown" end
if redis.call("ZSCORE", leases, id) then
  local run = redis.call("HGET", runs, id)
  local _, _, _, owner = read_run(run)
  redis.call("HSET", runs, id, cancelled_run(run))
  if redis.call("ZSCORE", workers, owner) then redis.call("RPUSH", inbox .. owner, "cancel\t" .. id) end
  return "running"
end
local serial, key, name = ties(body)
if redis.call("ZREM", schedule, id) == 0 then take_out(id, serial or "", name or "") end
if HISTORY_KEPT then note_cancelled(id, redis.call("HGET", runs, id), body) end
retire(id, serial or "", key or "", name or "")
keep_result(id, "")
if HISTORY_KEPT then write_history() end
local leader = (key or "") ~= "" and leader_of(key)
if leader then
  -- What was to be replaced still runs: it has its key again.
  redis.call("HDEL", followers, key)
  redis.call("HSET", keys, key, leader)
end
dispatch()
return "cancelled"
