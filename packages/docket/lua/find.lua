-- What became of the tasks of keys.
-- args: now_override
-- each: key
-- returns: for each: state id info

local answer = {}
for i = FIRST, #ARGV do
  local id = redis.call("HGET", keys, ARGV[i])
  local state, info = "waiting", ""
  if not id then
    id = redis.call("HGET", dead_keys, ARGV[i])
    state = id and "dead" or "unknown"
    if id then info = string.match(redis.call("HGET", letters, id) or "", "^[^\n]*") end
  elseif redis.call("ZSCORE", leases, id) then
    state = "running"
  elseif redis.call("ZSCORE", schedule, id) then
    state = "delayed"
  end
  answer[#answer + 1] = state
  answer[#answer + 1] = id or ""
  answer[#answer + 1] = info
end
return answer
