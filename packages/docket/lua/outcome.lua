-- How a task ended.
-- args: now_override id
-- returns: living, dead and the letter's info, done and the result, cancelled, or unknown
-- include: time clock body ended

if redis.call("HEXISTS", bodies, id) == 1 then return { "living", "" } end
local letter = redis.call("HGET", letters, id)
if letter then return { "dead", string.match(letter, "^[^\n]*") } end
local kept_at = redis.call("ZSCORE", result_times, id)
local result = redis.call("HGET", results, id)
if not result or not kept_at or tonumber(kept_at) <= now - KEPT_MS then return { "unknown", "" } end
if result == "" then return { "cancelled", "" } end
return { "done", string.sub(result, 2) }
