-- How tasks ended, for those who ask later (recent.lua), where that is kept (see scripts.ts). An entry: how \t name \t key \t when it
-- was added (ms) \t its run as it stood (see body.lua; empty: it never ran) \t the message of its error.

-- Id and entry, of one after the other.
local noted_ends = {}
local function note_end(id, how, name, key, added, run, message)
  local stood = run and string.match(run, "^[^\n\t]*") or ""
  local n = #noted_ends
  noted_ends[n + 1] = id
  noted_ends[n + 2] = how .. "\t" .. name .. "\t" .. key .. "\t" .. added .. "\t" .. stood .. "\t" .. message
end

-- Asked before its key is freed: another task has that only where it was to take the place of this one.
local function cancelled_how(id, key)
  return key ~= "" and redis.call("HGET", keys, key) ~= id and "replaced" or "cancelled"
end

local function note_cancelled(id, run, body)
  local added, _, key, name = string.match(body or "", "^(%d+)\t([^\t]*)\t([^\t]*)\t([^\t]+)\t")
  note_end(id, cancelled_how(id, key or ""), name or "", key or "", added or "", run, "")
end

-- Writes what was noted. Both keys go by themselves, two minutes after their last entry must have gone; they are prolonged, and what
-- is too old is thrown away, once in a minute at most.
local function write_history()
  if #noted_ends == 0 then return end
  local MINUTE_MS = 60000
  local times, at = {}, string.format("%d", now)
  for i = 1, #noted_ends, 2 do
    times[i], times[i + 1] = at, noted_ends[i]
  end
  in_chunks(times, "ZADD", history_times)
  local count = redis.call("ZCARD", history_times)
  local begins = count <= #noted_ends / 2
  -- Without its times nothing of it would ever go.
  if begins then redis.call("DEL", history) end
  in_chunks(noted_ends, "HSET", history)
  if count > HISTORY_KEPT then
    local popped, old = redis.call("ZPOPMIN", history_times, math.min(count - HISTORY_KEPT, 1000)), {}
    for i = 1, #popped, 2 do old[#old + 1] = popped[i] end
    in_chunks(old, "HDEL", history)
  end
  if begins or redis.call("PTTL", history_times) < HISTORY_KEPT_MS + MINUTE_MS then
    local old = redis.call("ZRANGEBYSCORE", history_times, "-inf", now - HISTORY_KEPT_MS, "LIMIT", 0, 1000)
    in_chunks(old, "ZREM", history_times)
    in_chunks(old, "HDEL", history)
    redis.call("PEXPIRE", history, HISTORY_KEPT_MS + 2 * MINUTE_MS)
    redis.call("PEXPIRE", history_times, HISTORY_KEPT_MS + 2 * MINUTE_MS)
  end
end
