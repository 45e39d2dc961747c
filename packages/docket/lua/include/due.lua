-- Delayed tasks whose time has come take their place; at most 200 at once, so that no script runs for long.
local function promote()
  local due = redis.call("ZRANGEBYSCORE", schedule, "-inf", now, "LIMIT", 0, 200)
  if #due == 0 then return end
  in_chunks(due, "ZREM", schedule)
  for _, id in ipairs(due) do
    local body = redis.call("HGET", bodies, id)
    if body then admit(id, ties(body) or "") end
  end
end

-- One of the tasks that have lost two workers in a row may be what ends them, and the others stood beside it each time. So
-- these begin apart, the farther the oftener they were lost: what ends its worker does so alone.
local function turn_apart(lost)
  local APART_FROM, APART_MS, APART_AT_MOST_MS = 2, 500, 60000
  if lost < APART_FROM then return now end
  local last = tonumber(redis.call("HGET", meta, "apart") or 0)
  local at = math.min(math.max(now, last + APART_MS * 2 ^ (lost - APART_FROM)), now + APART_AT_MOST_MS)
  redis.call("HSET", meta, "apart", string.format("%d", at))
  return at
end

-- Tasks whose worker let their lease end go back to the front, in the order in which they stood.
local function recover()
  local ended = redis.call("ZRANGEBYSCORE", leases, "-inf", now, "LIMIT", 0, 200)
  local first = {}
  for _, id in ipairs(ended) do
    redis.call("ZREM", leases, id)
    leave_batch(id)
    local run = redis.call("HGET", runs, id)
    local attempt, delivery, lost, owner, cancelled = read_run(run)
    redis.call("ZREM", sleepers, owner)
    redis.call("HDEL", slots, owner)
    local body = redis.call("HGET", bodies, id)
    if body then
      if cancelled then
        give_place(id)
        local serial, key, name = ties(body)
        if HISTORY_KEPT then note_cancelled(id, run, body) end
        retire(id, serial or "", key or "", name or "")
        keep_result(id, "")
      else
        redis.call("HSET", runs, id, write_run(attempt, delivery, lost + 1, "", failures_of(run)))
        local at = turn_apart(lost + 1)
        if at > now then
          give_place(id)
          redis.call("ZADD", schedule, string.format("%d", at), id)
        else
          keep_place(id)
          first[#first + 1] = id
        end
        redis.call("HINCRBY", counts, "recovered", 1)
      end
    end
  end
  for i = #first, 1, -1 do
    push_front(first[i])
  end
end

-- When something next falls due a lease ends or a gate opens; nil when nothing will.
local function next_event()
  local due = redis.call("ZRANGE", schedule, 0, 0, "WITHSCORES")[2]
  local ends = redis.call("ZRANGE", leases, 0, 0, "WITHSCORES")[2]
  local opens = gated and redis.call("ZRANGE", gates, 0, 0, "WITHSCORES")[2]
  local first = math.min(tonumber(due or math.huge), tonumber(ends or math.huge), tonumber(opens or math.huge))
  if first < math.huge then return first end
end
