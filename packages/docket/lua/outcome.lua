-- How a task ended.
-- args: now_override id asked
--   asked: "state" to be told where it stands, while it lives
-- returns: living and where it stands, dead and the letter's info, done and the result, cancelled, or unknown
-- include: time clock body flags strike priority terms limit batch gate standing ended

-- How it ended, where that is kept and not too old.
local function ended_how(id)
  local at = redis.call("ZSCORE", history_times, id)
  if not at or tonumber(at) <= now - HISTORY_KEPT_MS then return nil end
  return string.match(redis.call("HGET", history, id) or "", "^%a+")
end

local body = redis.call("HGET", bodies, id)
if body then return { "living", asked == "state" and standing(id, body) or "" } end
local letter = redis.call("HGET", letters, id)
if letter then return { "dead", string.match(letter, "^[^\n]*") } end
local kept_at = redis.call("ZSCORE", result_times, id)
local result = redis.call("HGET", results, id)
if not result or not kept_at or tonumber(kept_at) <= now - TEN_MINUTES_MS then
  local how = HISTORY_KEPT and asked == "state" and ended_how(id)
  if how == "done" then return { "done", "" } end
  return { (how == "cancelled" or how == "replaced") and "cancelled" or "unknown", "" }
end
if result == "" then return { "cancelled", "" } end
return { "done", string.sub(result, 2) }
