-- Serial order is decided at the door: a task is in `ready` only when it may run. `lanes` has the head of each serial
-- key; a head stays head through retries, pauses and redeliveries, and the others wait in the lane's list.
local function admit(id, serial)
  if serial ~= "" then
    local head = redis.call("HGET", lanes, serial)
    if head and head ~= id then
      redis.call("RPUSH", lane .. serial, id)
      return
    end
    if not head then redis.call("HSET", lanes, serial, id) end
  end
  redis.call("RPUSH", ready, id)
end

-- The next of the lane becomes its head. Those that were cancelled while they waited have no body: passed over.
local function leave_lane(id, serial)
  if serial == "" or redis.call("HGET", lanes, serial) ~= id then return end
  local following = redis.call("LPOP", lane .. serial)
  while following and redis.call("HEXISTS", bodies, following) == 0 do
    following = redis.call("LPOP", lane .. serial)
  end
  if following then
    redis.call("HSET", lanes, serial, following)
    redis.call("RPUSH", ready, following)
  else
    redis.call("HDEL", lanes, serial)
  end
end

-- Frees the key, unless a later task has it by now.
local function free_key(id, key)
  if key ~= "" and redis.call("HGET", keys, key) == id then redis.call("HDEL", keys, key) end
end

-- The end of a task that isn't running any more: nothing of it stays.
local function retire(id, serial, key, name)
  redis.call("HDEL", bodies, id)
  redis.call("HDEL", runs, id)
  redis.call("HINCRBY", living, name, -1)
  free_key(id, key)
  leave_lane(id, serial)
end
