-- Counts, for people: what waits, runs, is delayed, laid aside or dead, and who is there.
-- args: now_override
-- returns: JSON
-- include: time clock body flags gated strike priority terms limit batch gate due

local function object(flat)
  local made = {}
  for i = 1, #flat, 2 do
    if tonumber(flat[i + 1]) > 0 then made[flat[i]] = tonumber(flat[i + 1]) end
  end
  return made
end

local waiting, oldest = 0, nil
for _, list in ipairs(LISTS) do
  waiting = waiting + redis.call("LLEN", list)
  local body = redis.call("HGET", bodies, redis.call("LINDEX", list, 0) or "")
  local added = tonumber(body and string.match(body, "^%d+") or nil)
  if added then oldest = math.min(oldest or added, added) end
end
local delayed = redis.call("ZCARD", schedule)
local running = redis.call("ZCARD", leases)
local laid_aside, laid = {}, 0
for _, name in ipairs(redis.call("SMEMBERS", asides)) do
  laid_aside[name] = redis.call("LLEN", aside .. name)
  laid = laid + laid_aside[name]
end
local shut = 0
for _, gate in ipairs(redis.call("ZRANGE", gates, 0, -1)) do
  shut = shut + redis.call("ZCARD", held .. gate)
end
local present = {}
local alive = redis.call("ZRANGEBYSCORE", workers, now, "+inf", "WITHSCORES")
for i = 1, #alive, 2 do
  local info = redis.call("HGET", infos, alive[i])
  if info then
    local last = tonumber(redis.call("HGET", seen, alive[i]) or alive[i + 1])
    present[#present + 1] = { info, tonumber(alive[i + 1]), last }
  end
end
local newest = redis.call("ZREVRANGE", workers, 0, 0)[1]
local last = newest and tonumber(redis.call("HGET", seen, newest) or "")
return cjson.encode({
  now = now,
  waiting = waiting,
  blocked = math.max(0, redis.call("HLEN", bodies) - waiting - delayed - running - laid - shut),
  delayed = delayed,
  held = shut,
  running = running,
  dead = redis.call("ZCARD", dead),
  aside = laid_aside,
  tasks = object(redis.call("HGETALL", living)),
  oldest_waiting_at = oldest,
  next_at = next_event(),
  workers = present,
  last_worker_at = last or nil,
  counts = object(redis.call("HGETALL", counts)),
})
