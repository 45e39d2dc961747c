-- Pauses groups until a time; what of them runs goes on. Repeated: the last time counts.
-- args: now_override due reason
-- each: group
--   due: "+ms" after, else milliseconds since the epoch
-- include: time clock body watch send ended flags gated strike priority terms limit batch gate lane dispatch

local at = string.sub(due, 1, 1) == "+" and now + tonumber(due) or tonumber(due)
for i = FIRST, #ARGV do
  redis.call("HSET", paused, ARGV[i], string.format("%d\t%s", at, reason))
  -- Nobody has to come for a gate that nobody stands behind.
  local gate = "p\t" .. ARGV[i]
  redis.call("ZADD", gates, "XX", at, gate)
  if redis.call("ZSCORE", gates, gate) then opens_first = math.min(opens_first or at, at) end
end
dispatch()
