-- How far a run is, by its own account.
-- args: now_override id
-- returns: JSON; empty when the task doesn't run, or has told of nothing
-- include: body

-- Without an owner it doesn't run: what stands there then is the beginning of its burst.
return string.match(redis.call("HGET", runs, id) or "", "^[%d:]+:[^:\t]+\t(.*)$") or ""
