-- Ends a strike; what it held takes its place at the end of the line, in order.
-- args: now_override strike
-- returns: 1 when there was one
-- include: time clock body watch send ended flags gated strike priority terms limit batch gate lane dispatch

local was = redis.call("HDEL", strikes, strike)
local gate = "s\t" .. strike
if redis.call("ZSCORE", gates, gate) then
  open_gate(gate)
  if redis.call("ZSCORE", gates, gate) then opens_first = now end
end
dispatch()
return was
