-- The dead letters, newest first.
-- args: now_override limit from
--   from: how many of the newest to pass over
-- returns: for each: id diedAt letter (see letter.lua)

local answer = {}
local newest = redis.call("ZREVRANGE", dead, from, tonumber(from) + tonumber(limit) - 1, "WITHSCORES")
for i = 1, #newest, 2 do
  answer[#answer + 1] = newest[i]
  answer[#answer + 1] = newest[i + 1]
  answer[#answer + 1] = redis.call("HGET", letters, newest[i]) or ""
end
return answer
