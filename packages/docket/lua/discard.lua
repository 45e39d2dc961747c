-- Throws a dead letter away.
-- args: now_override id
-- returns: 1 when there was one
-- include: clock body gate

local letter = redis.call("HGET", letters, id)
local _, key = ties(letter and string.match(letter, "\n(.*)$") or "")
if key and key ~= "" and redis.call("HGET", dead_keys, key) == id then redis.call("HDEL", dead_keys, key) end
redis.call("HDEL", letters, id)
if letter then forget_gates(id) end
return redis.call("ZREM", dead, id)
