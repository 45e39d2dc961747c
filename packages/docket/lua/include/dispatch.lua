-- The next task in turn with its body; an id without one, which only a stranger's hand can leave, is passed over.
local function next_ready()
  while not gates_busy() do
    local id = take_ready(1)[1]
    if not id then return nil end
    local body = redis.call("HGET", bodies, id)
    if body and #through_gates({ id }) == 1 then return id, body end
  end
end

-- Waiting tasks go straight into the inboxes of sleeping workers, claimed on their behalf: so an isolated task costs an
-- add, the worker's blocking read, and a settle. A worker that hasn't read its inbox is given one task at most: if it is
-- dead, only that one has to wait for its lease to end.
local function hand_out()
  local asleep = redis.call("ZREVRANGE", sleepers, 0, 15)
  if #asleep == 0 then
    -- Nobody is known (a new or a flushed store): whoever listens is to come and say so.
    if redis.call("EXISTS", workers) == 0 and something_ready() and redis.call("EXISTS", bell) == 0 then
      redis.call("RPUSH", bell, "look\t0")
    end
    return
  end
  for _, worker in ipairs(asleep) do
    if not something_ready() then return end
    local unread = redis.call("LLEN", inbox .. worker)
    local free, lease = string.match(redis.call("HGET", slots, worker) or "0:0", "^(%d+):(%d+)$")
    free, lease = tonumber(free), tonumber(lease)
    if free <= 0 then
      redis.call("ZREM", sleepers, worker)
    elseif unread == 0 then
      local id, body = next_ready()
      if not id then
        if gates_busy() then poke(worker, 0) end -- goes on there
        return
      end
      local run = redis.call("HGET", runs, id)
      local attempt, delivery, lost = read_run(run)
      delivery = delivery + 1
      local holder = string.format("%s#@%d", worker, now)
      redis.call("HSET", runs, id, write_run(attempt, delivery, lost, holder, failures_of(run)))
      redis.call("ZADD", leases, now + lease, id)
      redis.call("HINCRBY", assigned, worker, 1)
      local more = something_ready() and 1 or 0
      redis.call("RPUSH", inbox .. worker, table.concat({ "task", now, more, id, attempt, delivery, lost, body }, "\t"))
      if free == 1 then
        redis.call("ZREM", sleepers, worker)
        redis.call("HDEL", slots, worker)
      else
        redis.call("HSET", slots, worker, (free - 1) .. ":" .. lease)
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
