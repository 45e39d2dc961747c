-- It has no slot left, or isn't there.
local function rouse(worker)
  redis.call("ZREM", sleepers, worker)
  redis.call("HDEL", slots, worker)
end

-- Those asleep, the last to wake first: worker score …
local function list_sleepers()
  return redis.call("ZREVRANGE", sleepers, 0, 15, "WITHSCORES")
end

-- Puts a task into the empty inbox of a sleeping worker, claimed on its behalf; false where something lies there unread.
local function send(worker, lease, id, body, run, more)
  local attempt, delivery, lost = read_run(run)
  delivery = delivery + 1
  local message = table.concat({ "task", now, more, id, attempt, delivery, lost, body }, "\t")
  if redis.call("RPUSH", inbox .. worker, message) > 1 then
    redis.call("LTRIM", inbox .. worker, 0, -2)
    return false
  end
  local holder = string.format("%s#@%d", worker, now)
  redis.call("HSET", runs, id, write_run(attempt, delivery, lost, holder, failures_of(run)))
  redis.call("ZADD", leases, now + lease, id)
  return true
end
