-- How far a run is, by its own account.
-- args: now_override id
-- returns: JSON; empty when the task doesn't run, or has told of nothing
-- include: body

-- Without an owner it doesn't run: what stands there then is the beginning of its burst.
local run = redis.call("HGET", runs, id)
local _, _, _, owner = read_run(run)
return owner ~= "" and string.match(run, "^[^\t]*\t(.*)$") or ""
