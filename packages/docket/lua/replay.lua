-- A dead letter lives again, from its first attempt, behind what has come meanwhile.
-- args: now_override id edited serial version terms payload
--   edited: 1 when what follows takes the place of what it had: its serial key, its version ("@2"; empty: the first), its terms
--   (as in add), its payload
-- returns: replayed; overtaken, where it is, too, and others of its serial key are there now or waited when it died; unknown, or "key in use" when a living task has its key, or is itself
-- include: time clock body watch send ended flags gated strike priority terms set-terms limit batch gate lane letter dispatch

local function forget_gates(id)
  if not gated then return end
  redis.call("HDEL", groups, id)
  if limited then redis.call("HDEL", limits, id) end
  if batched then redis.call("HDEL", batches, id) end
end

local letter = redis.call("HGET", letters, id)
if not letter then return "unknown" end
local _, body = read_letter(letter)
local old_serial, key, name = ties(body)
if not old_serial then return "unknown" end
if key ~= "" and redis.call("HEXISTS", keys, key) == 1 then return "key in use" end
-- Its add was repeated when it had died already: it lives again as it is.
if redis.call("HEXISTS", bodies, id) == 1 then return "key in use" end

redis.call("HDEL", letters, id)
redis.call("ZREM", dead, id)
if key ~= "" then
  if redis.call("HGET", dead_keys, key) == id then redis.call("HDEL", dead_keys, key) end
  redis.call("HSET", keys, key, id)
end
-- Its age is counted from now: else one that died of age would die again at once.
local rest = string.match(body, "^%d+(.*)$")
if edited == "1" then
  local carried = string.match(rest, "^\t[^\t]*\t[^\t]*\t[^\t]*\t[^\t]*(.*)$") or ""
  name = plain_name(name) .. version
  rest = table.concat({ "", serial, key, name, payload }, "\t") .. carried
  forget_gates(id)
  set_terms(id, terms)
else
  serial = old_serial
end
local overtaken = serial ~= "" and (redis.call("HEXISTS", lanes, serial) == 1
  or (serial == old_serial and string.sub(redis.call("HGET", runs, id) or "", -#OVERTAKEN) == OVERTAKEN))
redis.call("HSET", bodies, id, string.format("%d%s", now, rest))
redis.call("HINCRBY", living, name, 1)
admit(id, serial)
dispatch()
return overtaken and "overtaken" or "replayed"
