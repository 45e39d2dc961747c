-- Keeps what a strike matches from starting, from now on; what of it runs goes on.
-- args: now_override strike said
--   said: the reason
-- returns: 1, or 0 when there are too many strikes
-- include: time clock

local MOST = 1000
if redis.call("HEXISTS", strikes, strike) == 0 and redis.call("HLEN", strikes) >= MOST then return 0 end
redis.call("HSET", strikes, strike, string.format("%d\t%s", now, said))
-- It may have been about to open.
redis.call("ZADD", gates, "XX", "+inf", "s\t" .. strike)
return 1
