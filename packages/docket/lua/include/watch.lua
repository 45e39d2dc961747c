-- Sleeping workers send nothing for minutes. So that a lease that ends, or a task that falls due, is noticed in time,
-- one of them must have promised to wake by then: `sleepers` has the time at which each wakes by itself.

-- Tells a sleeping worker to come after `ms`.
local function poke(worker, ms)
  redis.call("RPUSH", inbox .. worker, "look\t" .. ms)
end

-- Sees to it that a sleeping worker other than `except` wakes by `at`, if there is one; returns which.
local function keep_watch(at, except)
  local first = redis.call("ZRANGE", sleepers, 0, 1, "WITHSCORES")
  for i = 1, #first, 2 do
    local wakes = tonumber(first[i + 1])
    if wakes < now - 5000 then
      redis.call("ZREM", sleepers, first[i]) -- it has broken its promise: it isn't there any more
      redis.call("HDEL", slots, first[i])
      return keep_watch(at, except)
    end
    if first[i] ~= except and wakes <= at then return first[i] end
  end
  if #first == 0 then return end
  local last = redis.call("ZREVRANGE", sleepers, 0, 1)
  local worker = last[1]
  if worker == except then worker = last[2] end
  if not worker then return end
  poke(worker, math.max(0, at - now))
  redis.call("ZADD", sleepers, at, worker)
  return worker
end
