-- What has ended, newest first: what fits among so many at most, one call after the other.
-- args: now_override most at before only task key how
--   at: only what ended before then (ms; empty: all); before: the id of one that ended then, behind which to go on
--   only: an id; task, key, how: what it must have (empty: whatever)
-- returns: where to go on, as `at` and `before` (two empty ones: that was all), then for each: id, when it ended (ms), entry (see
--   history.lua)
-- include: time clock body history

local LOOK_AT = 1000
local answer, last = { "", "" }, nil
-- Whoever keeps none sees what lies there.
local too_old = HISTORY_KEPT and now - HISTORY_KEPT_MS or -math.huge

local function fits(entry)
  local own_how, own_name, own_key = string.match(entry, "^(%a+)\t([^\t]*)\t([^\t]*)\t")
  return own_how and (task == "" or plain_name(own_name) == task) and (key == "" or own_key == key)
    and (how == "" or own_how == how)
end

local function tell(id, ended, entry)
  if not entry or not fits(entry) then return end
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3] = id, ended, entry
end

if only ~= "" then
  local ended = redis.call("ZSCORE", history_times, only)
  local in_time = ended and tonumber(ended) > too_old and (at == "" or tonumber(ended) < tonumber(at))
  if in_time then tell(only, ended, redis.call("HGET", history, only)) end
  return answer
end

local function first_rank()
  if at == "" then return 0 end
  if before ~= "" and tonumber(redis.call("ZSCORE", history_times, before) or 0) == tonumber(at) then
    return redis.call("ZREVRANK", history_times, before) + 1
  end
  local first = redis.call("ZRANGE", history_times, "(" .. at, "-inf", "BYSCORE", "REV", "LIMIT", 0, 1)[1]
  return first and redis.call("ZREVRANK", history_times, first)
end

local from = first_rank()
local looked = from and redis.call("ZREVRANGE", history_times, from, from + LOOK_AT - 1, "WITHSCORES") or {}
if #looked == 0 then return answer end
local ids = {}
for i = 1, #looked, 2 do ids[#ids + 1] = looked[i] end
for i, entry in ipairs(redis.call("HMGET", history, unpack(ids))) do
  if tonumber(looked[2 * i]) <= too_old then return answer end
  tell(ids[i], looked[2 * i], entry)
  last = i
  if #answer - 2 == 3 * tonumber(most) then break end
end
if last < #ids or #ids == LOOK_AT then answer[1], answer[2] = looked[2 * last], ids[last] end
return answer
