-- What is of each task: where it stands, how old the oldest is, and how runs ended lately. Looks at so many of each place at
-- most, whatever the backlog; of longer ones the rest is taken to be as those are.
-- args: now_override minutes_back
-- returns: JSON: estimated, tasks
-- include: time clock body minutes

local MOST = 500
local tasks, estimated = {}, false

local function of(named)
  local name = plain_name(named)
  local task = tasks[name]
  if not task then
    task = { name = name, living = 0, waiting = 0, delayed = 0, running = 0, held = 0, aside = 0, ended = {} }
    tasks[name] = task
  end
  return task
end

local function look(place, ids, total, each)
  if #ids == 0 then return end
  local weight = total / #ids
  if total > #ids then estimated = true end
  local found = redis.call("HMGET", bodies, unpack(ids))
  local runs_of = each and redis.call("HMGET", runs, unpack(ids))
  for i = 1, #ids do
    local _, _, name = ties(found[i] or "")
    if name then
      local task = of(name)
      task[place] = task[place] + weight
      if place == "waiting" then
        local added = tonumber(string.match(found[i], "^%d+"))
        task.oldest_waiting = math.min(task.oldest_waiting or added, added)
      elseif place == "running" then
        local claimed = tonumber(string.match(runs_of[i] or "", "^[^\n\t]*@(%d+)") or now)
        task.oldest_running = math.min(task.oldest_running or claimed, claimed)
      end
    end
  end
end

local counted = redis.call("HGETALL", living)
for i = 1, #counted, 2 do
  if tonumber(counted[i + 1]) > 0 then
    local task = of(counted[i])
    task.living = task.living + tonumber(counted[i + 1])
  end
end
look("running", redis.call("ZRANGE", leases, 0, MOST - 1), redis.call("ZCARD", leases), true)
for _, list in ipairs({ ready_high, ready, ready_low }) do
  look("waiting", redis.call("LRANGE", list, 0, MOST - 1), redis.call("LLEN", list))
end
look("delayed", redis.call("ZRANGE", schedule, 0, MOST - 1), redis.call("ZCARD", schedule))
for _, name in ipairs(redis.call("SMEMBERS", asides)) do
  of(name).aside = of(name).aside + redis.call("LLEN", aside .. name)
end
-- The gates of strikes, rates, limits and batches say whose they are; behind those of pauses a few are looked at.
for i, gate in ipairs(redis.call("ZRANGE", gates, 0, MOST)) do
  if i > MOST then
    estimated = true
    break
  end
  local count = redis.call("ZCARD", held .. gate)
  local name = string.match(gate, "^[srcb]\t([^\t]*)")
  if name then
    of(name).held = of(name).held + count
  else
    look("held", redis.call("ZRANGE", held .. gate, 0, 9), count)
  end
end
for back = 0, tonumber(minutes_back) - 1 do
  local ends = redis.call("HGETALL", minute .. math.floor(now / 60000) - back)
  for i = 1, #ends, 2 do
    local kind, name = string.match(ends[i], "^([^\t]*)\t(.*)$")
    local ended = of(name).ended
    ended[kind] = (ended[kind] or 0) + tonumber(ends[i + 1])
  end
end

local answer = {}
for _, task in pairs(tasks) do
  for _, place in ipairs({ "waiting", "delayed", "running", "held", "aside" }) do
    task[place] = math.floor(task[place] + 0.5)
  end
  task.blocked = math.max(0, task.living - task.waiting - task.delayed - task.running - task.held - task.aside)
  answer[#answer + 1] = task
end
return cjson.encode({ estimated = estimated, tasks = answer })
