-- Adds tasks, each whole or not at all, in the order given.
-- args: now_override counts
--   counts: name \t number for each name of those that nothing ties, tabs between
-- each: head body
--   head: the id alone where nothing ties it and it is due now; else id \t serial \t key \t name \t due \t terms
--   due: "" now, "+ms" after, else milliseconds since the epoch
--   terms: what a task has besides; see terms.lua
-- returns: for each that didn't come in: its place from 1, and the id of the living task of its key, or what the door says
--   (see door.lua)
-- include: time clock body watch send lone | ended flags strike priority terms set-terms limit batch gate door lane dispatch

if entered then
  hand_out()
  return {}
end
if not calm then look_at_gates() end
local answer, added = {}, {}
local soonest

for name, count in string.gmatch(counts, "([^\t]+)\t(%d+)") do
  added[name] = tonumber(count)
end

-- Those that nothing ties go in all at once: calls from a script cost more than what they do.
local ids, sealed = {}, {}
local function enter_free()
  local there = redis.call("HMGET", bodies, unpack(ids))
  for i = #ids, 1, -1 do
    if there[i] then -- the same add once more, after a lost answer
      local _, _, name = ties(sealed[2 * i])
      added[name] = added[name] - 1
      table.remove(ids, i)
      table.remove(sealed, 2 * i)
      table.remove(sealed, 2 * i - 1)
    end
  end
  if #ids > 0 then
    redis.call("HSET", bodies, unpack(sealed))
    redis.call("RPUSH", ready, unpack(ids))
  end
  ids, sealed = {}, {}
end

for i = FIRST, #ARGV, STEP do
  local head, body = ARGV[i], stamp .. ARGV[i + 1]
  if not string.find(head, "\t", 1, true) then
    ids[#ids + 1] = head
    local n = #sealed
    sealed[n + 1], sealed[n + 2] = head, body
  else
    if #ids > 0 then enter_free() end
    local id, serial, key, name, due, terms =
      string.match(head, "^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
    local out = key ~= "" and redis.call("HGET", keys, key) or turned_away(id, terms)
    if out then
      local n = #answer
      if out ~= id then answer[n + 1], answer[n + 2] = (i - FIRST) / STEP + 1, out end
    elseif redis.call("HSETNX", bodies, id, body) == 1 then
      added[name] = (added[name] or 0) + 1
      set_terms(id, terms)
      if key ~= "" then redis.call("HSET", keys, key, id) end
      local at = due ~= "" and (string.sub(due, 1, 1) == "+" and now + tonumber(due) or tonumber(due))
      if at and at > now then
        redis.call("ZADD", schedule, at, id)
        soonest = math.min(soonest or at, at)
      else
        admit(id, serial)
      end
    end
  end
end
if #ids > 0 then enter_free() end
for name, count in pairs(added) do
  if count > 0 then redis.call("HINCRBY", living, name, count) end
end
dispatch()
-- Two watch, where there are two: one may be gone without anybody having noticed.
local watcher = soonest and keep_watch(soonest, nil)
if watcher then keep_watch(soonest, watcher) end
return answer
