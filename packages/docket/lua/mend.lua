-- Sets aside what isn't docket's and lies under its keys: keys of another type go to strange:, values that can't be read into
-- `strange`. Then puts in order what that, or a transition that it broke off, has left: what stands nowhere takes its place.
-- Called only when a transition has failed, since it looks at everything.
-- args: now_override
-- each: key type one_of_many
--   one_of_many: 1 where there is one per serial key, gate, task name, worker or minute
-- returns: what was set aside
-- include: time clock body watch ended flags gated strike priority terms limit batch gate lane

local KEPT_MS = 2592000000
local found = {}

local function check_type(key, expected)
  local is = redis.call("TYPE", key).ok
  if is == "none" or is == expected then return end
  local short = string.sub(key, #P + 1)
  redis.call("RENAME", key, P .. "strange:" .. short)
  redis.call("PEXPIRE", P .. "strange:" .. short, KEPT_MS)
  found[#found + 1] = short
end

local many = {}
for i = FIRST, #ARGV, STEP do
  local key, expected, one_of_many = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if one_of_many == "1" then many[key] = expected else check_type(P .. key, expected) end
end
local function check_each(prefix, names)
  for _, name in ipairs(names) do check_type(P .. prefix .. name, many[prefix]) end
end

local function check_values(hash, sound)
  local all = redis.call("HGETALL", hash)
  for i = 1, #all, 2 do
    if not sound(all[i + 1], all[i]) then
      local where = string.sub(hash, #P + 1) .. "\t" .. all[i]
      redis.call("HDEL", hash, all[i])
      redis.call("HSET", strange, where, string.sub(all[i + 1], 1, 1000))
      found[#found + 1] = where
    end
  end
end
local function like(pattern)
  return function(value) return string.find(value, pattern) ~= nil end
end
check_values(runs, like("^%d+:%d+:%d+:"))
check_values(groups, like("^%d*\t%d*\t%d*\t"))
check_values(limits, like("^%d+\t"))
check_values(batches, function(value, field)
  return string.find(value, "^%d+\t%d+\t") ~= nil or string.sub(field, 1, 2) == "b\t"
end)
check_values(priorities, like("^%a+$"))
check_values(followers, like("^[^\t]*\t%d*$"))
check_values(paused, like("^%d+\t"))
check_values(strikes, like("^%d+\t"))
check_values(strikes, function(_, strike)
  local where = string.match(strike, "^[^\t]*\t(.*)$")
  return not where or pcall(cjson.decode, where)
end)
check_values(seen, like("^%d+$"))
check_values(slots, like("^%d+:%d+$"))
check_values(assigned, like("^%d+$"))
check_values(living, like("^-?%d+$"))
check_values(counts, like("^-?%d+$"))
check_values(history, like("^%a+\t[^\t]*\t[^\t]*\t%d*\t[^\t]*\t"))
-- Of one without the other nothing would be told, and nothing go.
if redis.call("EXISTS", history) ~= redis.call("EXISTS", history_times) then redis.call("DEL", history, history_times) end
check_values(infos, function(info)
  local readable, read = pcall(cjson.decode, info)
  return readable and type(read) == "table" and type(read.tasks) == "table"
end)

-- What there is one of per something is found by what it is of.
local all, tasks, order = redis.call("HGETALL", bodies), {}, {}
for i = 1, #all, 2 do
  local serial, key, name = ties(all[i + 1])
  tasks[all[i]] = { id = all[i], serial = serial or "", key = key or "", name = name or "", body = all[i + 1] }
  order[#order + 1] = tasks[all[i]]
end
table.sort(order, function(one, other)
  local a, b = tonumber(string.match(one.body, "^%d+")) or 0, tonumber(string.match(other.body, "^%d+")) or 0
  return a < b or (a == b and one.id < other.id)
end)
local serials, gates_seen, names, here = {}, redis.call("ZRANGE", gates, 0, -1), redis.call("SMEMBERS", asides), {}
for _, task in ipairs(order) do
  if task.serial ~= "" then serials[#serials + 1] = task.serial end
  names[#names + 1] = task.name
  local _, _, _, group = read_gates(redis.call("HGET", groups, task.id) or "")
  if group and group ~= "" then
    gates_seen[#gates_seen + 1] = "r\t" .. plain_name(task.name) .. "\t" .. group
    gates_seen[#gates_seen + 1] = "p\t" .. group
  end
  local _, limiting = limit_of(task.id)
  if limiting then gates_seen[#gates_seen + 1] = limiting end
  local _, _, together = batch_of(task.id)
  if together then gates_seen[#gates_seen + 1] = together end
end
for _, strike in ipairs(redis.call("HKEYS", strikes)) do gates_seen[#gates_seen + 1] = "s\t" .. strike end
for _, worker in ipairs(redis.call("HKEYS", infos)) do here[#here + 1] = worker end
for _, worker in ipairs(redis.call("ZRANGE", workers, 0, -1)) do here[#here + 1] = worker end
check_each("lane:", serials)
check_each("held:", gates_seen)
check_each("starts:", gates_seen)
check_each("places:", gates_seen)
check_each("aside:", names)
check_each("skills:", names)
check_each("inbox:", here)
for back = 0, 16 do check_each("minute:", { math.floor(now / 60000) - back }) end
for _, gate in ipairs(gates_seen) do
  for _, start in ipairs(redis.call("LRANGE", starts .. gate, 0, -1)) do
    if not tonumber(start) then
      redis.call("LREM", starts .. gate, 0, start)
      found[#found + 1] = "starts:" .. gate
    end
  end
end

-- Where each task stands.
local placed, scheduled = {}, redis.call("ZRANGE", schedule, 0, -1)
local function note(ids)
  for _, id in ipairs(ids) do placed[id] = true end
end
for _, list in ipairs(LISTS) do note(redis.call("LRANGE", list, 0, -1)) end
note(redis.call("ZRANGE", leases, 0, -1))
for _, name in ipairs(redis.call("SMEMBERS", asides)) do note(redis.call("LRANGE", aside .. name, 0, -1)) end
for _, gate in ipairs(redis.call("ZRANGE", gates, 0, -1)) do note(redis.call("ZRANGE", held .. gate, 0, -1)) end
-- Between two runs its lane's head is delayed as well; what was never claimed hasn't come to its lane.
for _, id in ipairs(scheduled) do placed[id] = redis.call("HEXISTS", runs, id) == 1 end

-- Each lane has a head that is a task, and tasks behind it.
local seated = {}
for _, serial in ipairs(redis.call("HKEYS", lanes)) do serials[#serials + 1] = serial end
for _, serial in ipairs(serials) do
  if not seated[serial] then
    seated[serial] = true
    for _, id in ipairs(redis.call("LRANGE", lane .. serial, 0, -1)) do
      if not tasks[id] then redis.call("LREM", lane .. serial, 0, id) end
    end
    local head = redis.call("HGET", lanes, serial)
    if not (head and tasks[head]) then
      head = nil
      for _, task in ipairs(order) do
        if not head and task.serial == serial and placed[task.id] then head = task.id end
      end
      if not head then
        head = redis.call("LPOP", lane .. serial)
        if head then push_ready(head) end
      end
    end
    if head then
      redis.call("HSET", lanes, serial, head)
      redis.call("LREM", lane .. serial, 0, head)
    else
      redis.call("HDEL", lanes, serial)
    end
    note(redis.call("LRANGE", lane .. serial, 0, -1))
  end
end
for _, list in ipairs(LISTS) do note(redis.call("LRANGE", list, 0, -1)) end
note(scheduled)
for _, task in ipairs(order) do
  local leader = task.key ~= "" and leader_of(task.key)
  if leader and leader ~= task.id and tasks[leader] then placed[task.id] = true end
end

local per_name = {}
for _, task in ipairs(order) do
  if task.key ~= "" then redis.call("HSETNX", keys, task.key, task.id) end
  per_name[task.name] = (per_name[task.name] or 0) + 1
  if not placed[task.id] then admit(task.id, task.serial) end
end
local taken = redis.call("HGETALL", keys)
for i = 1, #taken, 2 do
  if not tasks[taken[i + 1]] then redis.call("HDEL", keys, taken[i]) end
end
redis.call("DEL", living)
for name, count in pairs(per_name) do redis.call("HSET", living, name, count) end

if redis.call("EXISTS", strange) == 1 then redis.call("PEXPIRE", strange, KEPT_MS) end
if #found > 0 then redis.call("HINCRBY", counts, "strange", #found) end
return found
