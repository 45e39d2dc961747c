-- Adds tasks, each whole or not at all, in the order given.
-- args: now_override
-- each: id serial key name due terms body
--   due: "" now, "+ms" after, else milliseconds since the epoch
--   terms: what a task has besides; see terms.lua
-- returns: for each, the id of the living task of its key (its own when it was added), or what the door says (see door.lua)
-- include: clock body watch ended strike priority terms limit gate door lane dispatch

local answer, added = {}, {}
local soonest
for i = FIRST, #ARGV, STEP do
  local id, serial, key, name, due, terms, body = unpack(ARGV, i, i + STEP - 1)
  local holder = key ~= "" and redis.call("HGET", keys, key)
  local refusal = not holder and turned_away(id, terms)
  if holder or refusal then
    answer[#answer + 1] = holder or refusal
  elseif redis.call("HSETNX", bodies, id, string.format("%d\t%s", now, body)) == 0 then
    answer[#answer + 1] = id -- the same add once more, after a lost answer
  else
    answer[#answer + 1] = id
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
for name, count in pairs(added) do
  redis.call("HINCRBY", living, name, count)
end
dispatch()
-- Two watch, where there are two: one may be gone without anybody having noticed.
local watcher = soonest and keep_watch(soonest, nil)
if watcher then keep_watch(soonest, watcher) end
return answer
