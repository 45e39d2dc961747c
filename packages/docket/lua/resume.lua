-- Ends the pauses of groups before their time.
-- args: now_override
-- each: group
-- returns: how many were paused
-- include: time clock body watch send ended flags gated strike priority terms limit batch gate lane dispatch

local resumed = 0
for i = FIRST, #ARGV do
  if paused_until(ARGV[i]) then resumed = resumed + 1 end
  pauses_known[ARGV[i]] = nil
  redis.call("HDEL", paused, ARGV[i])
  local gate = "p\t" .. ARGV[i]
  if redis.call("ZSCORE", gates, gate) then
    open_gate(gate)
    local again = redis.call("ZSCORE", gates, gate)
    if again then opens_first = now end
  end
end
dispatch()
return resumed
