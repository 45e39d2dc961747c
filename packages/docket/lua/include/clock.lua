-- Time is the server's, so that no client's clock decides what is due; a test may override it.
local now
if now_override ~= "" then
  now = tonumber(now_override)
else
  local time = redis.call("TIME")
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
