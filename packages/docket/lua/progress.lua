-- How far a run is, by its own account.
-- args: now_override id
-- returns: JSON; empty when the task doesn't run, or has told of nothing
-- include: body

return string.match(redis.call("HGET", runs, id) or "", "\t(.*)$") or ""
