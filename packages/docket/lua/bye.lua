-- Forgets a worker; tasks that lie unread in its inbox go back to the front, uncounted.
-- args: now_override worker
-- each: task
-- returns: how many went back
-- include: clock body lane watch dispatch

local back = {}
for _, message in ipairs(redis.call("LRANGE", inbox .. worker, 0, -1)) do
  local id = string.match(message, "^task\t%d+\t%d\t([^\t]+)\t")
  local attempt, delivery, lost, owner = read_run(id and redis.call("HGET", runs, id))
  if owner == worker then
    redis.call("ZREM", leases, id)
    redis.call("HSET", runs, id, write_run(attempt, delivery, lost, ""))
    table.insert(back, 1, id)
  end
end
if #back > 0 then in_chunks(back, "LPUSH", ready) end
redis.call("DEL", inbox .. worker)
redis.call("ZREM", sleepers, worker)
redis.call("ZREM", workers, worker)
redis.call("HDEL", slots, worker)
redis.call("HDEL", assigned, worker)
redis.call("HDEL", infos, worker)
for i = FIRST, #ARGV do
  redis.call("SREM", skills .. ARGV[i], worker)
end
if #back > 0 then dispatch() end
return #back
