-- Makes the delayed or put-off tasks of keys due now.
-- args: now_override
-- each: key
-- returns: how many there were
-- include: time clock body watch send ended flags gated strike priority terms limit batch gate lane dispatch

local woken = 0
for i = FIRST, #ARGV do
  local id = redis.call("HGET", keys, ARGV[i])
  if id and redis.call("ZREM", schedule, id) == 1 then
    local body = redis.call("HGET", bodies, id)
    if body then admit(id, ties(body) or "") end
    woken = woken + 1
  elseif id then
    local leader, at = leader_of(ARGV[i])
    if leader and tonumber(at or "") and tonumber(at) > now then
      redis.call("HSET", followers, ARGV[i], leader .. "\t" .. string.format("%d", now))
      woken = woken + 1
    end
  end
end
if woken > 0 then dispatch() end
return woken
