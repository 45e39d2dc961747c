-- Two gates stand before a task of a group when its turn comes: "p" and its group, shut while that is paused; "r", its name
-- and its group, shut while that has had its starts. Who finds a gate shut is held behind it, out of `ready`, and goes
-- back there when it opens. All is decided at the claim, and a task without a group has neither. A third one, "s", is that of
-- a strike (see strike.lua), a fourth, "c", that of a limit (see limit.lua), a fifth, "b", that of a batch (see batch.lua): who is held behind one of these has an entry
-- too, without a group where it has none.
local NEVER = math.huge

-- At most so many are held, or let through, in one script, so that none runs for long.
local GATE_BATCH = 200
local held_now = 0
local function gates_busy()
  return held_now >= GATE_BATCH
end
-- A task's gates: since when it has been held (ms; empty: not, since its last run) \t starts \t per (ms) \t group.
local function read_gates(entry)
  return string.match(entry, "^(%d*)\t(%d*)\t(%d*)\t(.*)$")
end

-- Until when a group is paused; nil when it isn't.
local pauses_known = {}
local function paused_until(group)
  local known = pauses_known[group]
  if known == nil then
    local pause = redis.call("HGET", paused, group)
    local till = pause and tonumber(string.match(pause, "^%d+"))
    if till and till <= now then redis.call("HDEL", paused, group) end
    known = till and till > now and till or false
    pauses_known[group] = known
  end
  return known or nil
end

-- When a rate allows the next start; nil: now.
local function next_start(gate, limit, per)
  local limiting = redis.call("LINDEX", starts .. gate, -limit)
  local at = limiting and tonumber(limiting) + per
  return at and at > now and at or nil
end

-- What is held behind any other gate than its limit's gives its place away.
local give_place

local function hold(id, gate, at, since, limit, per, group)
  if limited and string.sub(gate, 1, 1) ~= "c" then give_place(id) end
  if since == "" then since = string.format("%d", now) end
  redis.call("HSET", groups, id, table.concat({ since, limit, per, group }, "\t"))
  gated = true
  redis.call("ZADD", held .. gate, since, id)
  local shut = redis.call("ZADD", gates, "NX", at == NEVER and "+inf" or at, gate) == 1
  if shut and at ~= NEVER then opens_first = math.min(opens_first or at, at) end
  held_now = held_now + 1
end

-- The gate of its group that keeps a task from starting, and when it opens. Who was held before goes before those who come.
local function shut_gate(name, since, limit, per, group)
  local gate = "p\t" .. group
  local at = paused_until(group) or (since == "" and redis.call("ZSCORE", gates, gate))
  if at or limit == "" then return at and gate, tonumber(at or "") end
  gate = "r\t" .. name .. "\t" .. group
  at = next_start(gate, tonumber(limit), tonumber(per)) or (since == "" and redis.call("ZSCORE", gates, gate))
  return at and gate, tonumber(at or "")
end

-- The gate of the strike that holds a task, if one does.
local function held_by_strike(id)
  if not gated then return nil end
  for _, gate in ipairs(redis.call("ZRANGE", gates, 0, -1)) do
    if string.sub(gate, 1, 2) == "s\t" and redis.call("ZSCORE", held .. gate, id) then return gate end
  end
end

-- The gate that a task with this entry is held behind, if it is.
local function gate_holding(id, entry, name)
  local _, _, _, group = read_gates(entry)
  local _, own = limit_of(id)
  local _, _, together = batch_of(id)
  for _, gate in ipairs({ "p\t" .. group, "r\t" .. plain_name(name) .. "\t" .. group, own or "", together or "" }) do
    if gate ~= "" and redis.call("ZSCORE", held .. gate, id) then return gate end
  end
  return held_by_strike(id)
end

local function is_held(id)
  local entry = redis.call("HGET", groups, id)
  local _, _, name = ties(redis.call("HGET", bodies, id) or "")
  return entry and gate_holding(id, entry, name or "")
end

-- When the gate of a limit may let others through that has no place now, or others before it; nil: it may start.
local function next_place(id, since, gate, limit)
  local known = redis.call("ZSCORE", gates, gate)
  -- One that a worker of an earlier release took back has its place still, though nothing else says so.
  if since == "" and known and not redis.call("ZSCORE", places .. gate, id) then return tonumber(known) end
  if take_place(id, gate, limit) then return nil end
  if known and tonumber(known) > now then return tonumber(known) end
  local _, again = count_places(gate, is_held)
  if not take_place(id, gate, limit) then return again end
end

-- Holds one that neither leads a batch nor is to run alone.
local function held_for_batch(id, batch, since, limit, per, group)
  local most, within, gate = read_batch(batch)
  if redis.call("HGET", batches, gate) == id then return false end
  local _, _, lost = read_run(redis.call("HGET", runs, id))
  -- One that has lost two workers in a row runs alone: it may be what ends them.
  if lost >= 2 then return false end
  hold(id, gate, now + within, since, limit, per, group)
  if redis.call("ZCARD", held .. gate) >= most then open_batch(gate) end
  return true
end

-- Whether a task whose turn has come may start; one that may not is held.
local function passes(id, name, entry, body, own, batch)
  local since, limit, per, group = read_gates(entry or "\t\t\t")
  local gate, at = struck_gate(name, body), NEVER
  if not gate and group ~= "" then gate, at = shut_gate(name, since, limit, per, group) end
  if not gate and batch and held_for_batch(id, batch, since, limit, per, group) then return false end
  if not gate and own then
    local most, limiting = read_limit(own)
    at = next_place(id, since, limiting, most)
    gate = at and limiting
  end
  if gate then
    hold(id, gate, at, since, limit, per, group)
    -- Behind its limit it leads on; what else holds it may do so for long.
    if batch and string.sub(gate, 1, 1) ~= "c" then leave_batch(id) end
    return false
  end
  if batch then
    local _, _, together = read_batch(batch)
    if redis.call("HGET", batches, together) == id then lead(id, together) end
  end
  if limit ~= "" then
    gate = "r\t" .. name .. "\t" .. group
    redis.call("RPUSH", starts .. gate, string.format("%d", now))
    redis.call("LTRIM", starts .. gate, -limit, -1)
    redis.call("PEXPIRE", starts .. gate, per)
  end
  if entry and group == "" then
    redis.call("HDEL", groups, id)
  elseif since ~= "" then
    redis.call("HSET", groups, id, table.concat({ "", limit, per, group }, "\t"))
  end
  return true
end

-- Those of these ids, of which none may be without a body, that may start now.
local function through_gates(ids)
  if not gated or #ids == 0 then return ids end
  local entries, free = redis.call("HMGET", groups, unpack(ids)), {}
  local owns = limited and redis.call("HMGET", limits, unpack(ids)) or {}
  local together = batched and redis.call("HMGET", batches, unpack(ids)) or {}
  for i, id in ipairs(ids) do
    local body = (entries[i] or owns[i] or together[i] or anything_struck()) and redis.call("HGET", bodies, id) or ""
    local _, _, named = ties(body)
    local name = named and plain_name(named)
    -- As in take_ready: it may stand in line twice.
    local runs_already = (owns[i] or together[i]) and redis.call("ZSCORE", leases, id)
    if not runs_already and (not name or passes(id, name, entries[i], body, owns[i], together[i])) then free[#free + 1] = id end
  end
  return free
end

-- The first behind a limit's gate that its own limit lets through, out of it; who was moved by an earlier release since, which
-- doesn't know this gate, isn't held any more.
local function pop_through(gate, taken)
  while true do
    local id = redis.call("ZRANGE", held .. gate, 0, 0)[1]
    if not id then return nil end
    local is_there = string.find(redis.call("HGET", groups, id) or "", "^%d")
    if is_there and taken >= (limit_of(id) or math.huge) then return nil end
    redis.call("ZREM", held .. gate, id)
    if is_there then return id end
  end
end

-- Scores of `places` that are negative are of those who wait for their claim in front: handed back, the last one first, or
-- let through, in order.
local WAITING = 1e15

-- Lets as many through as there are places, to the front, behind those that wait there.
local function open_limit(gate)
  local taken = redis.call("ZCARD", places .. gate)
  if tonumber(redis.call("ZSCORE", gates, gate) or 0) <= now then
    local again
    taken, again = count_places(gate, is_held)
    redis.call("ZADD", gates, again == NEVER and now + RECOUNT_MS or again, gate)
  end
  local through = {}
  while #through < GATE_BATCH do
    local id = pop_through(gate, taken + #through)
    if not id then break end
    through[#through + 1] = id
  end
  if #through > 0 then
    local front = {}
    for _, id in ipairs(redis.call("ZRANGEBYSCORE", places .. gate, "-inf", "(0")) do
      if leave_ready(id) then front[#front + 1] = id end
    end
    for _, id in ipairs(through) do
      redis.call("ZADD", places .. gate, now - WAITING, id)
      front[#front + 1] = id
    end
    for i = #front, 1, -1 do push_front(front[i]) end
    redis.call("PEXPIRE", places .. gate, PLACES_KEPT_MS)
  end
  if redis.call("EXISTS", held .. gate) == 0 then redis.call("ZREM", gates, gate) end
end

-- The task is handed back to the front, and keeps its place: nobody is let through for it. It has none where a worker of an
-- earlier release had claimed it.
local function keep_place(id)
  local _, gate = limit_of(id)
  if not gate or not redis.call("ZSCORE", places .. gate, id) then return end
  local _, limit, per, group = read_gates(redis.call("HGET", groups, id) or "\t\t\t")
  redis.call("HSET", groups, id, table.concat({ string.format("%d", now), limit, per, group }, "\t"))
  redis.call("ZADD", places .. gate, -now - WAITING, id)
end

-- The run is over, or the task goes elsewhere: whoever is next is let through.
give_place = function(id)
  local _, gate = limit_of(id)
  if not gate then return end
  redis.call("ZREM", places .. gate, id)
  if redis.call("ZSCORE", gates, gate) then open_limit(gate) end
end

-- Lets those through that stand first behind a gate whose time has come: all, or as many as its rate or its limit allows.
local function open_gate(gate)
  if string.sub(gate, 1, 1) == "c" then return open_limit(gate) end
  if string.sub(gate, 1, 1) == "b" then return open_batch(gate) end
  local most, again = GATE_BATCH, now
  if string.sub(gate, 1, 1) == "r" then
    local first = redis.call("ZRANGE", held .. gate, 0, 0)[1]
    local _, limit, per = read_gates(first and redis.call("HGET", groups, first) or "")
    limit, per = tonumber(limit or 1), tonumber(per or 0)
    -- Of the last starts only those count that are within the time; as they leave it, others may follow.
    local counted, oldest = 0, nil
    for _, start in ipairs(redis.call("LRANGE", starts .. gate, -limit, -1)) do
      if tonumber(start) + per > now then
        counted = counted + 1
        oldest = oldest or tonumber(start)
      end
    end
    if limit - counted < most then
      most, again = limit - counted, (oldest or now) + per
    end
  end
  if most > 0 then
    local first = redis.call("ZPOPMIN", held .. gate, most)
    for i = 1, #first, 2 do
      push_ready(first[i])
    end
  end
  if redis.call("EXISTS", held .. gate) == 1 then
    redis.call("ZADD", gates, again, gate)
  else
    redis.call("ZREM", gates, gate)
  end
end

local function open_gates()
  if not gated then return end
  for _, gate in ipairs(redis.call("ZRANGEBYSCORE", gates, "-inf", now, "LIMIT", 0, 20)) do
    open_gate(gate)
  end
end
