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
