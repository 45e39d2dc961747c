-- A dead letter lives again, from its first attempt, behind what has come meanwhile.
-- args: now_override id
-- returns: replayed, unknown, or "key in use" when a living task has its key
-- include: clock body watch ended gate lane dispatch

local letter = redis.call("HGET", letters, id)
if not letter then return "unknown" end
local body = string.match(letter, "\n(.*)$")
local serial, key, name = ties(body or "")
if not serial then return "unknown" end
if key ~= "" and redis.call("HEXISTS", keys, key) == 1 then return "key in use" end

redis.call("HDEL", letters, id)
redis.call("ZREM", dead, id)
if key ~= "" then
  if redis.call("HGET", dead_keys, key) == id then redis.call("HDEL", dead_keys, key) end
  redis.call("HSET", keys, key, id)
end
-- Its age is counted from now: else one that died of age would die again at once.
redis.call("HSET", bodies, id, string.format("%d%s", now, string.match(body, "^%d+(.*)$")))
redis.call("HINCRBY", living, name, 1)
admit(id, serial)
dispatch()
return "replayed"
