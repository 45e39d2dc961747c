-- Reports how deliveries ended, takes back what other workers lost, wakes what is due, claims what the worker has room
-- for, and says when it must come again.
-- args: now_override worker call answered want ahead received sleep lease
-- each: id delivery kind due serial key name info
--   answered: the last call whose answer came; what calls after it claimed goes back
--   ahead: tasks to claim beyond `want`, where nobody else has room for them
--   received: tasks that came through the inbox; -1: start counting again
--   kind: done, retry, park, dead, return, aside; due: for retry and park, as in add; info: for dead and retry, JSON; for done,
--   "=" and the result (JSON) where it is kept
-- returns: now, ms until the next call, 1 if the worker was known, number of refused, the refused ids, then per claim:
--   id attempt delivery lost body
-- include: clock body watch ended strike priority terms limit gate lane letter minutes dispatch due

want, ahead, received = tonumber(want), tonumber(ahead), tonumber(received)
sleep, lease = tonumber(sleep), tonumber(lease)

if tonumber(answered) < tonumber(call) - 1 then
  for _, id in ipairs(redis.call("ZREVRANGE", leases, 0, -1)) do
    local run = redis.call("HGET", runs, id)
    local _, _, _, owner, _, claimed_by = read_run(run)
    if owner == worker and claimed_by ~= "" and tonumber(claimed_by) > tonumber(answered) then
      hand_back(id, run)
    end
  end
end

local answer = { now, 0, 1, 0 }
local COUNTED = { done = true, retry = true, park = true, dead = true }
-- What many have in common is done for all at once: calls from a script cost more than what they do.
local told = {}
for i = FIRST, #ARGV, STEP do
  told[#told + 1] = ARGV[i]
end
local runs_told = #told > 0 and redis.call("HMGET", runs, unpack(told))
local unleased, done, fewer, returned, kept, ended_as = {}, {}, {}, {}, {}, {}
for i = FIRST, #ARGV, STEP do
  local id, delivery, kind, due, serial, key, name, info = unpack(ARGV, i, i + STEP - 1)
  local run = runs_told[(i - FIRST) / STEP + 1]
  local attempt, delivered, lost, owner, cancelled = read_run(run)
  if owner ~= worker or delivered ~= tonumber(delivery) then
    answer[4] = answer[4] + 1
    answer[#answer + 1] = id
  else
    unleased[#unleased + 1] = id
    if limited then (kind == "return" and not cancelled and keep_place or give_place)(id) end
    local as = name ~= "" and COUNTED[kind] and kind .. "\t" .. name
    if as then ended_as[as] = (ended_as[as] or 0) + 1 end
    if kind == "done" or (cancelled and kind ~= "dead") then
      done[#done + 1] = id
      fewer[name] = (fewer[name] or 0) + 1
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
      redis.call("HSET", letters, id, info .. "\n" .. (body or "") .. failures_of(run))
      redis.call("ZADD", dead, now, id)
      drop_old_letters()
      if key ~= "" then redis.call("HSET", dead_keys, key, id) end
      redis.call("HINCRBY", counts, "dead", 1)
      retire(id, serial, key, name, true)
      tell_end(id)
    end
  end
end
if #unleased > 0 then in_chunks(unleased, "ZREM", leases) end
if #done > 0 then
  in_chunks(done, "HDEL", bodies)
  in_chunks(done, "HDEL", runs)
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
if answer[4] > 0 then redis.call("HINCRBY", counts, "refused", answer[4]) end

recover()
promote()
open_gates()

-- What lies unread in the inbox has a slot already.
local known = sleep > 0 or redis.call("ZSCORE", workers, worker)
local sent = tonumber(redis.call("HGET", assigned, worker) or 0)
if received < 0 then
  received, sent = 0, 0
  for _, message in ipairs(redis.call("LRANGE", inbox .. worker, 0, -1)) do
    if string.sub(message, 1, 5) == "task\t" then sent = sent + 1 end
  end
  if known then redis.call("HSET", assigned, worker, sent) end
elseif sent < received then
  if known then redis.call("HSET", assigned, worker, received) end
  sent = received
end
local room = want - (sent - received)
local taken = 0
local ends, holder = string.format("%d", now + lease), string.format("%s#%s@%d", worker, call, now)
local function claim(ids)
  ids = through_gates(ids)
  if #ids == 0 then return end
  local bodies_of = redis.call("HMGET", bodies, unpack(ids))
  local runs_of = redis.call("HMGET", runs, unpack(ids))
  local runs_now, leases_now = {}, {}
  for i, id in ipairs(ids) do
    local body = bodies_of[i]
    if body then
      local attempt, delivery, lost = read_run(runs_of[i])
      delivery = delivery + 1
      runs_now[#runs_now + 1] = id
      runs_now[#runs_now + 1] = write_run(attempt, delivery, lost, holder, failures_of(runs_of[i]))
      leases_now[#leases_now + 1] = ends
      leases_now[#leases_now + 1] = id
      taken = taken + 1
      local n = #answer
      answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4], answer[n + 5] = id, attempt, delivery, lost, body
    end
  end
  if #runs_now > 0 then
    in_chunks(runs_now, "HSET", runs)
    in_chunks(leases_now, "ZADD", leases)
  end
end

if room > 0 then
  for _, name in ipairs(redis.call("SMEMBERS", asides)) do
    if redis.call("SISMEMBER", skills .. name, worker) == 1 then
      if room > taken then claim(redis.call("LPOP", aside .. name, room - taken) or {}) end
      if redis.call("EXISTS", aside .. name) == 0 then redis.call("SREM", asides, name) end
    end
  end
end
while room > taken and not gates_busy() do
  local ids = take_ready(math.min(room - taken, 1000))
  if #ids == 0 then break end
  claim(ids)
end

if ahead > 0 and taken >= room and something_ready() then
  redis.call("ZREM", sleepers, worker)
  if redis.call("EXISTS", sleepers) == 0 then claim(take_ready(ahead)) end
end

local event = next_event()
local wakes = now + sleep
if event then wakes = math.max(now, math.min(wakes, event)) end
if gates_busy() then wakes = now end
if sleep > 0 and room > taken then
  redis.call("ZADD", sleepers, wakes, worker)
  redis.call("HSET", slots, worker, (room - taken) .. ":" .. lease)
else
  redis.call("ZREM", sleepers, worker)
  redis.call("HDEL", slots, worker)
  if something_ready() then dispatch() end
end
if sleep > 0 then
  if redis.call("ZADD", workers, wakes + math.min(15000, sleep), worker) == 1 then answer[3] = 0 end
  redis.call("HSET", seen, worker, now)
end
if event then keep_watch(event, worker) end
answer[2] = wakes - now
return answer
