-- Prolongs the leases of what a worker runs.
-- args: now_override worker lease
-- each: id delivery
-- returns: the ids that it has lost
-- include: time clock body

local lost_ids = {}
for i = FIRST, #ARGV, STEP do
  local id, delivery = ARGV[i], ARGV[i + 1]
  local _, delivered, _, owner = read_run(redis.call("HGET", runs, id))
  if owner == worker and delivered == tonumber(delivery) then
    redis.call("ZADD", leases, now + tonumber(lease), id)
  else
    lost_ids[#lost_ids + 1] = id
  end
end
local alive = redis.call("ZSCORE", workers, worker)
if alive and tonumber(alive) < now + tonumber(lease) then redis.call("ZADD", workers, now + tonumber(lease), worker) end
if alive then redis.call("HSET", seen, worker, now) end
return lost_ids
