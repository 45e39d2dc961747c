-- Reports how deliveries ended, takes back what other workers lost, wakes what is due, claims what the worker has room
-- for, and says when it must come again.
-- args: now_override worker call answered want ahead sleep lease free_name about alive_until slots_told
-- each: id told
--   answered: the last call whose answer came; what calls after it claimed goes back
--   ahead: tasks to claim beyond `want`, where nobody else has room for them
--   about: the time, as far as it knows; alive_until: until when it is counted on; slots_told: what stands of it in `slots`;
--   each as its last answer said, empty where that is long ago
--   told, before a line break and what history.lua is to be told where a history is kept (when it was added, and behind a tab its
--   error's message): its delivery alone, where a task of `free_name` that nothing ties is done; else
--     delivery \t kind \t due \t serial \t key \t name \t info
--   kind: done, retry, park, dead, return, aside; due: for retry and park, as in add; info: for dead and retry, JSON; for done,
--   "=" and the result (JSON) where it is kept
-- returns: now, ms until the next call, 1 if the worker was known, until when it is counted on, what stands of it in
--   `slots`, number of refused, the refused ids, then per claim its
--   head, attempt:delivery:lost:id, and its body
-- include: time about body watch send ended history flags strike priority terms limit batch gate lane hand-back letter minutes dispatch due claim

want, ahead = tonumber(want), tonumber(ahead)
sleep, lease = tonumber(sleep), tonumber(lease)
taken_for = lease

local told, unanswered = {}, tonumber(answered) < tonumber(call) - 1
do
  local only_ends = #ARGV >= FIRST
  for i = FIRST, #ARGV, STEP do
    told[#told + 1] = ARGV[i]
    if string.find(ARGV[i + 1], "\t", 1, true) then only_ends = false end
  end
  if not only_ends or unanswered then
    if not exact then now = server_time() end
    look_at_gates()
  end
end

if unanswered then
  for _, id in ipairs(redis.call("ZREVRANGE", leases, 0, -1)) do
    local run = redis.call("HGET", runs, id)
    local _, _, _, owner, _, claimed_by = read_run(run)
    if owner == worker and claimed_by ~= "" and tonumber(claimed_by) > tonumber(answered) then
      hand_back(id, run)
    end
  end
end

local answer = { now, 0, 1, alive_until, "", 0 }
local COUNTED = { done = true, retry = true, park = true, dead = true }
-- What many have in common is done for all at once: calls from a script cost more than what they do.
local runs_told = #told > 0 and redis.call("HMGET", runs, unpack(told))
local unleased, done, fewer, returned, kept, ended_as = {}, {}, {}, {}, {}, {}
local free_done = 0
-- As a run stands that was claimed once and neither failed, was lost nor cancelled: to be read at a glance.
local mine = ":0:" .. worker .. "#"
-- A function, since a script may have no more than 200 local variables at once.
local function conclude(i)
  local id, told_of, noted = ARGV[i], ARGV[i + 1], nil
  if HISTORY_KEPT then told_of, noted = string.match(told_of, "^([^\n]*)\n?(.*)$") end
  local run = runs_told[(i - FIRST) / STEP + 1]
  local delivery, kind, due, serial, key, name, info
  local attempt, delivered, lost, owner, cancelled
  if string.find(told_of, "\t", 1, true) then
    delivery, kind, due, serial, key, name, info =
      string.match(told_of, "^(%d+)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
  else
    delivery, kind, due, serial, key, name, info = told_of, "done", "", "", "", free_name, ""
    local head = "1:" .. delivery .. mine
    if run and string.sub(run, 1, #head) == head and not string.find(run, "!", #head, true) then
      owner, delivered = worker, tonumber(delivery)
    end
  end
  if not owner then attempt, delivered, lost, owner, cancelled = read_run(run) end
  if owner ~= worker or delivered ~= tonumber(delivery) then
    answer[6] = answer[6] + 1
    answer[#answer + 1] = id
  else
    unleased[#unleased + 1] = id
    if batched then leave_batch(id) end
    if limited then (kind == "return" and not cancelled and keep_place or give_place)(id) end
    local free = not cancelled and kind == "done" and serial == "" and key == "" and info == "" and name == free_name
    local as = not free and name ~= "" and COUNTED[kind] and kind .. "\t" .. name
    if as then ended_as[as] = (ended_as[as] or 0) + 1 end
    if free then
      free_done = free_done + 1
      done[#done + 1] = id
      if HISTORY_KEPT then note_end(id, "done", name, "", noted, run, "") end
    elseif kind == "done" or (cancelled and kind ~= "dead") then
      done[#done + 1] = id
      fewer[name] = (fewer[name] or 0) + 1
      if HISTORY_KEPT then
        local is_done = kind == "done" and (info ~= "" or not cancelled)
        note_end(id, is_done and "done" or cancelled_how(id, key), name, key, noted, run, "")
      end
      free_key(id, key)
      leave_lane(id, serial)
      if kind == "done" and info ~= "" then
        kept[#kept + 1] = { id, info }
      elseif cancelled then
        kept[#kept + 1] = { id, "" }
      end
    elseif kind == "retry" or kind == "park" then
      local failures = one_more_failure(failures_of(run), info)
      redis.call("HSET", runs, id, write_run(kind == "retry" and attempt + 1 or attempt, delivered, 0, "", failures))
      redis.call("ZADD", schedule, string.sub(due, 1, 1) == "+" and now + tonumber(due) or tonumber(due), id)
    elseif kind == "return" then
      redis.call("HSET", runs, id, write_run(attempt, delivered, lost, "", failures_of(run)))
      table.insert(returned, 1, id)
    elseif kind == "aside" then
      redis.call("HSET", runs, id, write_run(attempt, delivered, lost, "", failures_of(run)))
      redis.call("RPUSH", aside .. name, id)
      redis.call("SADD", asides, name)
      redis.call("HINCRBY", counts, "aside", 1)
      for _, able in ipairs(redis.call("SMEMBERS", skills .. name)) do
        if tonumber(redis.call("ZSCORE", workers, able) or 0) > now then poke(able, 0) end
      end
    else
      local body = redis.call("HGET", bodies, id)
      if name == "" then -- its worker couldn't read it; perhaps its ties can be read here, and are let go
        redis.call("HINCRBY", counts, "undecodable", 1)
        local own_serial, own_key, own_name = ties(body or "")
        serial, key, name = own_serial or "", own_key or "", own_name or ""
      end
      if HISTORY_KEPT then
        local added, message = string.match(noted, "^(%d*)\t?(.*)$")
        note_end(id, "dead", name, key, added, run, message)
      end
      redis.call("HSET", letters, id, info .. "\n" .. (body or "") .. failures_of(run))
      redis.call("ZADD", dead, now, id)
      drop_old_letters()
      if key ~= "" then redis.call("HSET", dead_keys, key, id) end
      redis.call("HINCRBY", counts, "dead", 1)
      local others = serial ~= "" and redis.call("EXISTS", lane .. serial) == 1
      retire(id, serial, key, name, write_run(1, delivered, 0, "") .. (others and OVERTAKEN or ""))
      tell_end(id)
    end
  end
end
for i = FIRST, #ARGV, STEP do conclude(i) end
if free_done > 0 then
  local as = "done\t" .. free_name
  ended_as[as] = (ended_as[as] or 0) + free_done
  fewer[free_name] = (fewer[free_name] or 0) + free_done
end
if #unleased > 0 then in_chunks(unleased, "ZREM", leases) end
if #done > 0 then
  in_chunks(done, "HDEL", bodies)
  in_chunks(done, "HDEL", runs)
end
-- Nothing waits, runs, or is to come, as most find who tell of an isolated task: then nothing else has to be asked for.
local calm = gated == nil and sleep > 0 and want > 0
  and redis.call("EXISTS", groups, strikes, limits, batches, priorities, asides, ready, schedule, leases, inbox .. worker) == 0
if gated == nil and not calm then
  if not exact then now = server_time() end
  look_at_gates()
  for _, id in ipairs(limited and done or {}) do give_place(id) end
  for _, id in ipairs(batched and done or {}) do leave_batch(id) end
end
if #done > 0 then
  forget_terms(done)
  for name, count in pairs(fewer) do
    redis.call("HINCRBY", living, name, -count)
  end
end
for as, count in pairs(ended_as) do
  local of = minute .. math.floor(now / 60000)
  if redis.call("HINCRBY", of, as, count) == count then redis.call("PEXPIRE", of, MINUTES_KEPT * 60000) end
end
for _, one in ipairs(kept) do keep_result(one[1], one[2]) end
push_all_front(returned)
if answer[6] > 0 then redis.call("HINCRBY", counts, "refused", answer[6]) end

answer[1] = now
if not calm then
  recover()
  promote()
  open_gates()
end
if HISTORY_KEPT then write_history() end

-- What lies unread in the inbox has a slot already.
local room, taken = want, 0
for _, message in ipairs(calm and {} or redis.call("LRANGE", inbox .. worker, 0, -1)) do
  if string.sub(message, 1, 5) == "task\t" then room = room - 1 end
end
local ends, holder = string.format("%d", now + lease), string.format("%s#%s@%d", worker, call, now)
local function claim(ids)
  ids = through_gates(ids)
  if #ids > 0 then taken = taken + give(ids, holder, ends, answer) end
end

if room > 0 and not calm then
  local names = redis.call("SMEMBERS", asides)
  table.sort(names)
  for _, name in ipairs(names) do
    if redis.call("SISMEMBER", skills .. name, worker) == 1 then
      while room > taken and not gates_busy() do
        local ids = redis.call("LPOP", aside .. name, room - taken)
        if not ids or #ids == 0 then break end
        claim(ids)
      end
      if redis.call("EXISTS", aside .. name) == 0 then redis.call("SREM", asides, name) end
    end
  end
end
while not calm and room > taken and not gates_busy() do
  local ids = take_ready(math.min(room - taken, 1000))
  if #ids == 0 then break end
  claim(ids)
end

if ahead > 0 and taken >= room and something_ready() then
  redis.call("ZREM", sleepers, worker)
  local most = room + ahead
  while most > taken and redis.call("EXISTS", sleepers) == 0 and not gates_busy() do
    local asked = most - taken
    local ids = take_ready(asked)
    claim(ids)
    if #ids < asked then break end
  end
end

local event = not calm and next_event() or nil
local wakes = now + sleep
if event then wakes = math.max(now, math.min(wakes, event)) end
if gates_busy() then wakes = now end
if sleep > 0 and room > taken then
  local slot = string.format("%d:%d", room - taken, lease)
  local new = redis.call("ZADD", sleepers, sleeper_score(wakes, room - taken, lease), worker) == 1
  if new or slot ~= slots_told then redis.call("HSET", slots, worker, slot) end
  answer[5] = slot
else
  redis.call("ZREM", sleepers, worker)
  redis.call("HDEL", slots, worker)
  if something_ready() then dispatch() end
end
-- Whoever is counted on for long enough doesn't have to say so again.
if sleep > 0 and wakes > (tonumber(alive_until) or 0) then
  answer[4] = wakes + math.min(15000, sleep)
  if redis.call("ZADD", workers, answer[4], worker) == 1 then answer[3] = 0 end
  redis.call("HSET", seen, worker, now)
end
if event then keep_watch(event, worker) end
answer[2] = wakes - now
return answer
