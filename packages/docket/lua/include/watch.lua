-- Sleeping workers send nothing for minutes. So that a lease that ends, or a task that falls due, is noticed in time,
-- one of them must have promised to wake by then: `sleepers` has the time at which each wakes by itself. Behind the point of
-- that time stands what it can be given: twice its lease in whole seconds, and one more where one slot is all that it has
-- free. With more, it says itself when it has none left; where nothing stands there (a worker of the last release), `slots`
-- has what it can be given, and is counted down.
local function sleeper_score(wakes, free, lease)
  return string.format("%d.%03d", wakes, 2 * math.ceil(lease / 1000) + (free == 1 and 1 or 0))
end

-- When it wakes, its lease (ms), and whether it has one slot; nil for both where `slots` has them.
local function read_sleeper(score)
  local wakes = math.floor(score)
  local given = math.floor((score - wakes) * 1000 + 0.5)
  if given == 0 then return wakes end
  return wakes, math.floor(given / 2) * 1000, given % 2 == 1
end

-- Tells a sleeping worker to come after `ms`.
local function poke(worker, ms)
  redis.call("RPUSH", inbox .. worker, string.format("look\t%d", ms))
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
    if first[i] ~= except and math.floor(wakes) <= at then return first[i] end
  end
  if #first == 0 or (#first == 2 and first[1] == except) then return end
  local last = redis.call("ZREVRANGE", sleepers, 0, 1, "WITHSCORES")
  local worker, score = last[1], tonumber(last[2])
  if worker == except then worker, score = last[3], tonumber(last[4]) end
  if not worker then return end
  poke(worker, math.max(0, at - now))
  -- Of the time only whole milliseconds: what is behind the point isn't time.
  redis.call("ZADD", sleepers, string.format("%.3f", math.floor(at) + score - math.floor(score)), worker)
  return worker
end
