-- A letter: info (JSON), line break, body, and the failures before its last, each behind a line break.
local function read_letter(letter)
  return string.match(letter or "", "^([^\n]*)\n?([^\n]*)(.*)$")
end

local function drop_letter(id)
  local letter = redis.call("HGET", letters, id)
  if not letter then return redis.call("ZREM", dead, id) end
  local _, body = read_letter(letter)
  local _, key = ties(body)
  if key and key ~= "" and redis.call("HGET", dead_keys, key) == id then redis.call("HDEL", dead_keys, key) end
  redis.call("HDEL", letters, id)
  -- Where its add was repeated when it had died already, these are those of its next life.
  if redis.call("HEXISTS", bodies, id) == 0 then
    redis.call("HDEL", runs, id)
    forget_terms({ id })
  end
  return redis.call("ZREM", dead, id)
end

-- Those that have lain for 30 days, and the oldest beyond the newest 10,000, go as others come; a few at a time.
local function drop_old_letters()
  local LETTERS_KEPT_MS, LETTERS_KEPT = 2592000000, 10000
  local old = redis.call("ZRANGEBYSCORE", dead, "-inf", now - LETTERS_KEPT_MS, "LIMIT", 0, 20)
  local over = redis.call("ZCARD", dead) - #old - LETTERS_KEPT
  if over > 0 then
    for _, id in ipairs(redis.call("ZRANGE", dead, #old, #old + math.min(over, 20) - 1)) do old[#old + 1] = id end
  end
  for _, id in ipairs(old) do drop_letter(id) end
end
