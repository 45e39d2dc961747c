-- The next task in turn with its body; an id without one, which only a stranger's hand can leave, is passed over.
local function next_ready()
  while not gates_busy() do
    local id = take_ready(1)[1]
    if not id then return nil end
    local body = redis.call("HGET", bodies, id)
    if body and #through_gates({ id }) == 1 then return id, body end
  end
end

-- It has no slot left, or isn't there.
local function rouse(worker)
  redis.call("ZREM", sleepers, worker)
  redis.call("HDEL", slots, worker)
end

-- Those asleep, the last to wake first: worker score …
local function list_sleepers()
  return redis.call("ZREVRANGE", sleepers, 0, 15, "WITHSCORES")
end

-- The lease (ms) that a sleeping worker gives; whether it has one slot only; and how many `slots` says it has, where that is
-- counted down. Nil when it has none.
local function slot_of(worker, score)
  local _, lease, only = read_sleeper(tonumber(score))
  if lease then return lease, only end
  local free, given = string.match(redis.call("HGET", slots, worker) or "", "^(%d+):(%d+)$")
  free = tonumber(free or 0)
  if free > 0 then return tonumber(given), free == 1, free end
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

-- Waiting tasks go straight into the inboxes of sleeping workers, claimed on their behalf: so an isolated task costs an
-- add, the worker's blocking read, and a settle. A worker that hasn't read its inbox is given one task at most: if it is
-- dead, only that one has to wait for its lease to end.
local function hand_out()
  local asleep = list_sleepers()
  if #asleep == 0 then
    -- Nobody is known (a new or a flushed store): whoever listens is to come and say so.
    if redis.call("EXISTS", workers) == 0 and something_ready() and redis.call("EXISTS", bell) == 0 then
      redis.call("RPUSH", bell, "look\t0")
    end
    return
  end
  for i = 1, #asleep, 2 do
    local worker = asleep[i]
    if not something_ready() then return end
    local lease, only, counted = slot_of(worker, asleep[i + 1])
    local unread = lease and redis.call("LLEN", inbox .. worker)
    if not lease then
      rouse(worker)
    elseif unread == 0 then
      local id, body = next_ready()
      if not id then
        if gates_busy() then poke(worker, 0) end -- goes on there
        return
      end
      send(worker, lease, id, body, redis.call("HGET", runs, id), something_ready() and 1 or 0)
      if only then
        rouse(worker)
      elseif counted then
        redis.call("HSET", slots, worker, string.format("%d:%d", counted - 1, lease))
      end
      keep_watch(now + lease, worker)
    elseif unread == 1 then
      poke(worker, 0)
    end
  end
end

local function dispatch()
  hand_out()
  if not opens_first then return end
  local watcher = keep_watch(opens_first, nil)
  if watcher then keep_watch(opens_first, watcher) end
end
