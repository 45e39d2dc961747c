-- Keeps what a run tells of how far it is, for as long as it runs.
-- args: now_override worker id delivery progress
-- returns: 1, or 0 when the lease was lost
-- include: body

local run = redis.call("HGET", runs, id)
local _, delivered, _, owner = read_run(run)
if owner ~= worker or delivered ~= tonumber(delivery) then return 0 end
redis.call("HSET", runs, id, string.match(run, "^[^\t]*") .. "\t" .. progress)
return 1
