-- A worker that tells of ends soon after an answer reckons the time from that: good enough for as long as nothing waits for
-- a time.
local exact = about == "" or now_override ~= ""
local now = now_override ~= "" and tonumber(now_override) or tonumber(about) or server_time()
