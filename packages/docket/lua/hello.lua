-- Makes a worker known, and forgets those that have been silent for an hour.
-- args: now_override layout worker info
-- each: task
-- returns: the layout that the store has
-- include: time clock body ended forget

local has = redis.call("HGET", meta, "layout")
if has and has ~= layout then return has end
redis.call("HSET", meta, "layout", layout)

-- A pause that nobody asked for since it ended.
local function drop_old_pauses()
  local all = redis.call("HGETALL", paused)
  for i = 1, #all, 2 do
    if tonumber(string.match(all[i + 1], "^%d+")) <= now then redis.call("HDEL", paused, all[i]) end
  end
end

for _, gone in ipairs(redis.call("ZRANGEBYSCORE", workers, "-inf", now - 3600000)) do
  forget(gone)
end

drop_old_results()
drop_old_pauses()
redis.call("HSET", infos, worker, info)
redis.call("ZADD", workers, now + 15000, worker)
redis.call("HSET", seen, worker, now)
for i = FIRST, #ARGV do
  redis.call("SADD", skills .. ARGV[i], worker)
end
return layout
