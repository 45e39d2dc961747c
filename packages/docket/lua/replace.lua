-- Gives the living task of a key another payload and time, as if it were new; one that runs is followed by a new task
-- instead, and isn't run again itself. Adds where none lives.
-- args: now_override id serial key name due terms body
--   due, terms: as in add; "~ms:longest" for a burst: after so long without another call, no later than so long after its first
-- returns: the id of the task that has the payload
-- include: time clock body watch send ended flags gated strike priority terms set-terms limit batch gate lane take-out dispatch

-- Whether a task stands under these terms already.
local function has_terms(id, terms)
  local own_group = gated and string.match(redis.call("HGET", groups, id) or "", "^%d*\t(.*)$") or ""
  if own_group == "\t\t" then own_group = "" end -- without a group, and held
  local own_limit = limited and redis.call("HGET", limits, id) or ""
  local own_priority = ranked and redis.call("HGET", priorities, id) or ""
  local own_batch = batched and redis.call("HGET", batches, id) or ""
  local group, limit, priority, batch = read_terms(terms)
  return own_group == group and own_limit == limit and own_priority == priority and own_batch == batch
end

local quiet, longest = string.match(due, "^~(%d+):(%d+)$")
local at = now
if quiet then
  longest = tonumber(longest)
  at = now + math.min(tonumber(quiet), longest)
elseif due ~= "" then
  at = string.sub(due, 1, 1) == "+" and now + tonumber(due) or tonumber(due)
end
local sealed = string.format("%d\t%s", now, body)

-- Tasks of one serial key follow each other by their lane; what else is to follow a task waits for its end.
local function stand(own, leader)
  if leader then
    local leaders_serial = ties(redis.call("HGET", bodies, leader) or "")
    local in_lane = serial ~= "" and serial == leaders_serial
    redis.call("HSET", followers, key, leader .. "\t" .. (in_lane and "" or string.format("%d", at)))
    if not in_lane then return end
  end
  place(own, serial, at)
end

-- When a burst began is kept where the progress of its run will be: so it is gone as soon as that begins.
local function begin_burst(own, delivery, began)
  redis.call("HSET", runs, own, write_run(1, delivery, 0, "") .. string.format("\t%d", began))
end

local function enter(leader)
  redis.call("HSET", bodies, id, sealed)
  set_terms(id, terms)
  if quiet then begin_burst(id, 0, now) end
  redis.call("HSET", keys, key, id)
  redis.call("HINCRBY", living, name, 1)
  stand(id, leader)
  dispatch()
  return id
end

local holder = redis.call("HGET", keys, key)
if holder == id then return id end -- the same call once more, after a lost answer
local old = holder and redis.call("HGET", bodies, holder)
if not old then
  if redis.call("HEXISTS", bodies, id) == 1 then return id end
  return enter(nil)
end

local run = redis.call("HGET", runs, holder)
if redis.call("ZSCORE", leases, holder) then
  redis.call("HSET", runs, holder, cancelled_run(run))
  return enter(holder)
end

local old_serial, _, old_name = ties(old)
local leader, held_until = leader_of(key)
local follows = held_until and held_until ~= ""
redis.call("HSET", bodies, holder, sealed)
-- Numbers of deliveries go on: with a worker's id they are what a lease is held by.
local _, delivery = read_run(run)
if quiet then
  local began = tonumber(string.match(run or "", "\t(%d+)$") or now)
  at = math.min(at, began + longest)
  begin_burst(holder, delivery, began)
elseif run then
  redis.call("HSET", runs, holder, write_run(1, delivery, 0, ""))
end
if old_name ~= name then
  redis.call("HINCRBY", living, old_name or "", -1)
  redis.call("HINCRBY", living, name, 1)
end
local scheduled = redis.call("ZREM", schedule, holder) == 1
-- What a strike holds must show that it still falls under it.
local stands = not scheduled and not follows and at <= now and not held_by_strike(holder)
if not (stands and old_serial == serial and old_name == name and has_terms(holder, terms)) then
  if not scheduled and not follows then take_out(holder, old_serial or "", old_name or "") end
  leave_lane(holder, old_serial or "")
  forget_terms({ holder })
  set_terms(holder, terms)
  stand(holder, leader)
end
dispatch()
return holder
