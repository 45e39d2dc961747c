local function is_aside(id, name)
  if redis.call("SISMEMBER", asides, name) == 0 then return false end
  for from = 0, redis.call("LLEN", aside .. name) - 1, 1000 do
    for _, other in ipairs(redis.call("LRANGE", aside .. name, from, from + 999)) do
      if other == id then return true end
    end
  end
  return false
end

-- Where a living task stands, by its lifecycle (lifecycle.ts).
local function standing(id, body)
  if redis.call("ZSCORE", leases, id) then
    local _, _, _, _, cancelled = read_run(redis.call("HGET", runs, id))
    return cancelled and "cancelling" or "running"
  end
  if redis.call("ZSCORE", schedule, id) then return "delayed" end
  look_at_gates()
  local serial, key, name = ties(body)
  if is_held(id) then return "held" end
  if serial and serial ~= "" and (redis.call("HGET", lanes, serial) or id) ~= id then return "blocked" end
  if name and is_aside(id, name) then return "aside" end
  -- Until the run that it replaces has ended.
  local follows = key and key ~= "" and redis.call("HGET", keys, key) == id
    and string.find(redis.call("HGET", followers, key) or "", "\t%d+$")
  return follows and "blocked" or "waiting"
end
