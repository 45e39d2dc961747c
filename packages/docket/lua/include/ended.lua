-- Who waits for a task's end is told that it may ask again.
local function tell_end(id)
  redis.call("PUBLISH", P .. "ended:" .. id, "")
end

local KEPT_MS, KEPT = 600000, 10000

local function drop_old_results()
  local old = redis.call("ZRANGEBYSCORE", result_times, "-inf", now - KEPT_MS)
  local over = redis.call("ZCARD", result_times) - #old - KEPT
  if over > 0 then
    for _, id in ipairs(redis.call("ZRANGE", result_times, #old, #old + over - 1)) do old[#old + 1] = id end
  end
  if #old == 0 then return end
  in_chunks(old, "ZREM", result_times)
  in_chunks(old, "HDEL", results)
end

-- Keeps how a task ended for those who ask later: "=" and what its run returned (JSON, nothing for undefined), or "" when
-- it was cancelled or replaced.
local function keep_result(id, result)
  redis.call("HSET", results, id, result)
  redis.call("ZADD", result_times, now, id)
  drop_old_results()
  redis.call("PEXPIRE", results, KEPT_MS)
  redis.call("PEXPIRE", result_times, KEPT_MS)
  tell_end(id)
end
