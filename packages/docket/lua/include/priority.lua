-- Tasks whose turn may come stand in three lists; `ready` has those of normal priority, and where no task has another one
-- it is all that there is to ask. `priorities` has the others for as long as they live.
local LISTS = { ready_high, ready, ready_low }

-- Of ten that are claimed while several priorities wait, the fifth is a normal one and the tenth a low one, if there is.
local ROUND = 10

local function list_of(id)
  if not ranked then return ready end
  local priority = redis.call("HGET", priorities, id)
  return priority == "high" and ready_high or priority == "low" and ready_low or ready
end

local function push_ready(id)
  redis.call("RPUSH", list_of(id), id)
end

-- In front of those of its own priority.
local function push_front(id)
  redis.call("LPUSH", list_of(id), id)
end

-- One after the other: the last is the first.
local function push_all_front(ids)
  if #ids == 0 then return end
  if not ranked then return in_chunks(ids, "LPUSH", ready) end
  for _, id in ipairs(ids) do push_front(id) end
end

local function something_ready()
  if not ranked then return redis.call("EXISTS", ready) == 1 end
  return redis.call("EXISTS", unpack(LISTS)) > 0
end

-- One that an earlier release moved stands among the normal ones.
local function leave_ready(id)
  local list = list_of(id)
  if redis.call("LREM", list, 1, id) == 1 then return true end
  return list ~= ready and redis.call("LREM", ready, 1, id) == 1
end

-- From which list the next come, and how many at most.
local function next_list(left, turn)
  local NORMAL, LOW = 4, 9
  local highest = left[1] > 0 and 1 or left[2] > 0 and 2 or 3
  if left[1] + left[2] + left[3] == left[highest] then return highest, left[highest] end
  local at = turn % ROUND
  if at == NORMAL then return left[2] > 0 and 2 or highest, 1, true end
  if at == LOW then return left[3] > 0 and 3 or highest, 1, true end
  return highest, math.min(left[highest], (at < NORMAL and NORMAL or LOW) - at), true
end

-- The next in turn, out of their lists; at most so many.
local function take_ready(most)
  if not ranked then return redis.call("LPOP", ready, most) or {} end
  local left, ids, turn, turned = {}, {}, nil, false
  for at, list in ipairs(LISTS) do left[at] = redis.call("LLEN", list) end
  while #ids < most and left[1] + left[2] + left[3] > 0 do
    turn = turn or tonumber(redis.call("HGET", meta, "turn") or 0)
    local from, count, chosen = next_list(left, turn)
    local taken = redis.call("LPOP", LISTS[from], math.min(count, most - #ids))
    for _, id in ipairs(taken) do
      -- An earlier release, which doesn't know these lists, can have left an id in one and put it in another.
      if not redis.call("ZSCORE", leases, id) then ids[#ids + 1] = id end
    end
    left[from] = left[from] - #taken
    if chosen then turn, turned = turn + #taken, true end
  end
  if turned then redis.call("HSET", meta, "turn", turn % ROUND) end
  return ids
end
