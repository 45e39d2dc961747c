-- Nothing of a worker stays; what it holds comes back when its leases end.
local function forget(gone)
  local known = redis.call("HGET", infos, gone)
  for _, name in ipairs(known and cjson.decode(known).tasks or {}) do
    redis.call("SREM", skills .. name, gone)
  end
  redis.call("ZREM", workers, gone)
  redis.call("ZREM", sleepers, gone)
  redis.call("HDEL", infos, gone)
  redis.call("HDEL", seen, gone)
  redis.call("HDEL", slots, gone)
  redis.call("HDEL", assigned, gone)
  redis.call("DEL", inbox .. gone)
end
