-- The server's, so that no client's clock decides what is due.
local function server_time()
  local time = redis.call("TIME")
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
