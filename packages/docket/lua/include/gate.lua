-- Two gates stand before a task of a group when its turn comes: "p" and its group, shut while that is paused; "r", its name
-- and its group, shut while that has had its starts. Who finds a gate shut is held behind it, out of `ready`, and goes
-- back there when it opens. All is decided at the claim, and a task without a group has neither. A third one, "s", is that of
-- a strike (see strike.lua): who is held behind it has an entry too, without a group where it has none.
local NEVER = math.huge

-- At most so many are held, or let through, in one script, so that none runs for long.
local GATE_BATCH = 200
local held_now = 0
local function gates_busy()
  return held_now >= GATE_BATCH
end
-- When the first of the gates that were shut here opens.
local opens_first

-- A task's gates: since when it has been held (ms; empty: not, since its last run) \t starts \t per (ms) \t group.
local function read_gates(entry)
  return string.match(entry, "^(%d*)\t(%d*)\t(%d*)\t(.*)$")
end

local function set_gates(id, group)
  if group == "" then return end
  redis.call("HSET", groups, id, "\t" .. group)
  gated = true
end

-- Starts, per and group as `add` is given them; empty where there are none, also for what only a strike has held.
local function gates_of(id)
  local own = gated and string.match(redis.call("HGET", groups, id) or "", "^%d*\t(.*)$") or ""
  return own ~= "\t\t" and own or ""
end

local function forget_gates(id)
  if gated then redis.call("HDEL", groups, id) end
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

local function hold(id, gate, at, since, limit, per, group)
  if since == "" then since = string.format("%d", now) end
  redis.call("HSET", groups, id, table.concat({ since, limit, per, group }, "\t"))
  gated = true
  redis.call("ZADD", held .. gate, since, id)
  local shut = redis.call("ZADD", gates, "NX", at == NEVER and "+inf" or at, gate) == 1
  if shut and at ~= NEVER then opens_first = math.min(opens_first or at, at) end
  held_now = held_now + 1
end

-- Whether a task whose turn has come may start; one that may not is held. Who was held before goes before those who come.
local function passes(id, name, entry, body)
  local since, limit, per, group = read_gates(entry or "\t\t\t")
  local gate = struck_gate(name, body)
  if gate then
    hold(id, gate, NEVER, since, limit, per, group)
    return false
  end
  if group == "" then
    if entry then redis.call("HDEL", groups, id) end
    return true
  end
  gate = "p\t" .. group
  local at = paused_until(group) or (since == "" and redis.call("ZSCORE", gates, gate))
  if at then
    hold(id, gate, tonumber(at), since, limit, per, group)
    return false
  end
  if limit ~= "" then
    gate = "r\t" .. name .. "\t" .. group
    at = next_start(gate, tonumber(limit), tonumber(per)) or (since == "" and redis.call("ZSCORE", gates, gate))
    if at then
      hold(id, gate, tonumber(at), since, limit, per, group)
      return false
    end
    redis.call("RPUSH", starts .. gate, string.format("%d", now))
    redis.call("LTRIM", starts .. gate, -limit, -1)
    redis.call("PEXPIRE", starts .. gate, per)
  end
  if since ~= "" then redis.call("HSET", groups, id, table.concat({ "", limit, per, group }, "\t")) end
  return true
end

-- Those of these ids, of which none may be without a body, that may start now.
local function through_gates(ids)
  if not gated or #ids == 0 then return ids end
  local entries, free = redis.call("HMGET", groups, unpack(ids)), {}
  for i, id in ipairs(ids) do
    local body = (entries[i] or anything_struck()) and redis.call("HGET", bodies, id) or ""
    local _, _, name = ties(body)
    if not name or passes(id, name, entries[i], body) then free[#free + 1] = id end
  end
  return free
end

-- Lets those through that stand first behind a gate whose time has come: all, or as many as its rate allows.
local function open_gate(gate)
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
      redis.call("RPUSH", ready, first[i])
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

-- The gate of the strike that holds a task, if one does.
local function held_by_strike(id)
  if not gated then return nil end
  for _, gate in ipairs(redis.call("ZRANGE", gates, 0, -1)) do
    if string.sub(gate, 1, 2) == "s\t" and redis.call("ZSCORE", held .. gate, id) then return gate end
  end
end

-- Takes a task out that may be held; returns whether it was.
local function unhold(id, name)
  local entry = gated and redis.call("HGET", groups, id)
  if not entry then return false end
  local _, _, _, group = read_gates(entry)
  for _, gate in ipairs({ "p\t" .. group, "r\t" .. name .. "\t" .. group, held_by_strike(id) }) do
    if redis.call("ZREM", held .. gate, id) == 1 then
      if redis.call("EXISTS", held .. gate) == 0 then redis.call("ZREM", gates, gate) end
      return true
    end
  end
  return false
end
