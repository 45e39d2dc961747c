-- Terms, as `add` is given them: a line each for the group (starts \t per \t group), the limit (see limit.lua), the
-- priority, the batch (see batch.lua), and any number for doors (see door.lua); what is empty at the end is left out.
local function read_terms(terms)
  return string.match(terms, "^([^\n]*)\n?([^\n]*)\n?([^\n]*)\n?([^\n]*)\n?(.*)$")
end

local function set_terms(id, terms)
  if terms == "" then return end
  local group, limit, priority, batch = read_terms(terms)
  if group ~= "" then
    redis.call("HSET", groups, id, "\t" .. group)
    gated = true
  end
  if limit ~= "" then
    redis.call("HSET", limits, id, limit)
    gated, limited = true, true
  end
  if priority ~= "" then
    redis.call("HSET", priorities, id, priority)
    ranked = true
  end
  if batch ~= "" then
    redis.call("HSET", batches, id, batch)
    gated, batched = true, true
  end
end

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

local function forget_gates(id)
  if not gated then return end
  redis.call("HDEL", groups, id)
  if limited then redis.call("HDEL", limits, id) end
  if batched then redis.call("HDEL", batches, id) end
end

local function forget_terms(ids)
  if gated then in_chunks(ids, "HDEL", groups) end
  if limited then in_chunks(ids, "HDEL", limits) end
  if batched then in_chunks(ids, "HDEL", batches) end
  if ranked then in_chunks(ids, "HDEL", priorities) end
end
