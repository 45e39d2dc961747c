-- Gives the living task of a key another payload and time, as if it were new; one that runs is followed by a new task
-- instead, and isn't run again itself. Adds where none lives.
-- args: now_override id serial key name due body
--   due: as in add
-- returns: the id of the task that has the payload
-- include: clock body watch ended lane dispatch

local at = now
if due ~= "" then at = string.sub(due, 1, 1) == "+" and now + tonumber(due) or tonumber(due) end
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

local function enter(leader)
  redis.call("HSET", bodies, id, sealed)
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
local held = held_until and held_until ~= ""
redis.call("HSET", bodies, holder, sealed)
if run then
  -- Numbers of deliveries go on: with a worker's id they are what a lease is held by.
  local _, delivery = read_run(run)
  redis.call("HSET", runs, holder, write_run(1, delivery, 0, ""))
end
if old_name ~= name then
  redis.call("HINCRBY", living, old_name or "", -1)
  redis.call("HINCRBY", living, name, 1)
end
local scheduled = redis.call("ZREM", schedule, holder) == 1
local keeps_place = not scheduled and not held and at <= now and old_serial == serial and old_name == name
if not keeps_place then
  if not scheduled and not held then take_out(holder, old_serial or "", old_name or "") end
  leave_lane(holder, old_serial or "")
  stand(holder, leader)
end
dispatch()
return holder
