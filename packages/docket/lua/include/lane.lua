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
  push_ready(id)
end

-- The next of the lane becomes its head.
local function leave_lane(id, serial)
  if serial == "" or redis.call("HGET", lanes, serial) ~= id then return end
  local following = redis.call("LPOP", lane .. serial)
  if following then
    redis.call("HSET", lanes, serial, following)
    push_ready(following)
  else
    redis.call("HDEL", lanes, serial)
  end
end

-- Takes its place when it is due.
local function place(id, serial, at)
  if at <= now then return admit(id, serial) end
  redis.call("ZADD", schedule, at, id)
  -- Two watch, where there are two: one may be gone without anybody having noticed.
  local watcher = keep_watch(at, nil)
  if watcher then keep_watch(at, watcher) end
end

-- The running task that the living one of the key replaces, and from when that may run once the other has ended: "" when
-- their lane sees to it.
local function leader_of(key)
  return string.match(redis.call("HGET", followers, key) or "", "^([^\t]*)\t(%d*)$")
end

-- Frees the key, unless a later task has it by now; one that was to follow this one takes its place.
local function free_key(id, key)
  if key == "" then return end
  local holder = redis.call("HGET", keys, key)
  if holder == id then
    redis.call("HDEL", keys, key)
  elseif holder then
    local leader, at = leader_of(key)
    if leader ~= id then return end
    redis.call("HDEL", followers, key)
    local body = at ~= "" and redis.call("HGET", bodies, holder)
    if body then place(holder, ties(body) or "", tonumber(at)) end
  end
end

-- The end of a task that isn't running any more. Nothing of it stays, but where it may live again its terms and `rest`, a run
-- from which its deliveries are counted on: else one of its next life could be taken for one of this.
local function retire(id, serial, key, name, rest)
  redis.call("HDEL", bodies, id)
  if rest then
    redis.call("HSET", runs, id, rest)
  else
    redis.call("HDEL", runs, id)
    forget_terms({ id })
  end
  redis.call("HINCRBY", living, name, -1)
  free_key(id, key)
  leave_lane(id, serial)
end
