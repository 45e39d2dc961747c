-- The groups that are paused.
-- args: now_override
-- returns: for each: group until reason
-- include: time clock

local answer = {}
local all = redis.call("HGETALL", paused)
for i = 1, #all, 2 do
  local till, reason = string.match(all[i + 1], "^(%d+)\t(.*)$")
  if till and tonumber(till) > now then
    local n = #answer
    answer[n + 1], answer[n + 2], answer[n + 3] = all[i], tonumber(till), reason
  end
end
return answer
