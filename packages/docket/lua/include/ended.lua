-- Who waits for a task's end is told that it may ask again.
local function tell_end(id)
  redis.call("PUBLISH", P .. "ended:" .. id, "")
end

-- In `result_times` a result stands at the time at which one that is kept for ten minutes would have been kept: so each goes in its
-- own time, whoever looks, also a worker of 0.1.0, which knows of ten minutes only.
local TEN_MINUTES_MS = 600000

local function drop_old_results()
  local old = redis.call("ZRANGEBYSCORE", result_times, "-inf", now - TEN_MINUTES_MS)
  local over = redis.call("ZCARD", result_times) - #old - RESULTS_KEPT
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
  redis.call("ZADD", result_times, string.format("%d", now + RESULTS_KEPT_MS - TEN_MINUTES_MS), id)
  drop_old_results()
  -- As long as the one that is kept longest.
  local last = redis.call("ZREVRANGE", result_times, 0, 0, "WITHSCORES")[2]
  local left = math.max(1, tonumber(last or now) + TEN_MINUTES_MS - now)
  redis.call("PEXPIRE", results, left)
  redis.call("PEXPIRE", result_times, left)
  tell_end(id)
end
