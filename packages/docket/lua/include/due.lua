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

-- Tasks whose worker let their lease end go back to the front, in the order in which they stood.
local function recover()
  local ended = redis.call("ZRANGEBYSCORE", leases, "-inf", now, "LIMIT", 0, 200)
  for i = #ended, 1, -1 do
    local id = ended[i]
    redis.call("ZREM", leases, id)
    local run = redis.call("HGET", runs, id)
    local attempt, delivery, lost, owner, cancelled = read_run(run)
    redis.call("ZREM", sleepers, owner)
    redis.call("HDEL", slots, owner)
    local body = redis.call("HGET", bodies, id)
    if body then
      if cancelled then
        give_place(id)
        local serial, key, name = ties(body)
        retire(id, serial or "", key or "", name or "")
        keep_result(id, "")
      else
        redis.call("HSET", runs, id, write_run(attempt, delivery, lost + 1, "", failures_of(run)))
        keep_place(id)
        push_front(id)
        redis.call("HINCRBY", counts, "recovered", 1)
      end
    end
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
