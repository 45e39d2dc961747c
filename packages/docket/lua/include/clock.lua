-- A test may override it.
local now = now_override ~= "" and tonumber(now_override) or server_time()
