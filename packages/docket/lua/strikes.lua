-- The strikes.
-- args: now_override
-- returns: for each: strike since reason held

local answer = {}
local all = redis.call("HGETALL", strikes)
for i = 1, #all, 2 do
  local since, reason = string.match(all[i + 1], "^(%d+)\t(.*)$")
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3] = all[i], tonumber(since), reason
  answer[n + 4] = redis.call("ZCARD", held .. "s\t" .. all[i])
end
return answer
