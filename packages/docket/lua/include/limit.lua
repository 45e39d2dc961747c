-- A task may say how many of its runs there may be at once, over all workers, for each key: `limits` has that and its gate,
-- "c", name and key. Whose turn comes takes one of the gate's `places`, or is held behind it. Whoever is let through has a
-- place at once, and stands in front; so does what is handed back: nobody is overtaken. A place counts while its run has a lease, or its task was let
-- through and hasn't started: what nobody gave back, because a worker of an earlier release ended the run, counts no more.

-- Longer than any run may take: what is forgotten in `places` goes by itself.
local PLACES_KEPT_MS = 2160000000
-- When places are counted again of which it isn't known yet until when they are taken; those that a claim takes are taken for a
-- lease.
local RECOUNT_MS = 60000
local taken_for = RECOUNT_MS

local function read_limit(entry)
  local limit, of = string.match(entry or "", "^(%d+)\t(.*)$")
  if limit then return tonumber(limit), "c\t" .. of end
end

-- How many runs a task's key may have at once, and the gate; nil for a task without a limit.
local function limit_of(id)
  if limited then return read_limit(redis.call("HGET", limits, id)) end
end

-- Taken in this script: their leases are written when all that may start are known.
local just_taken = {}

-- Forgets the places that nobody has any more; returns how many are left, and when they are to be counted again.
local function count_places(gate, is_held)
  local count, again = 0, math.huge
  for _, id in ipairs(redis.call("ZRANGE", places .. gate, 0, -1)) do
    local ends = redis.call("ZSCORE", leases, id)
    local let_through = not ends and not just_taken[id] and string.match(redis.call("HGET", groups, id) or "", "^%d+\t") and not is_held(id)
    if ends or let_through or just_taken[id] then
      count = count + 1
      again = math.min(again, ends and tonumber(ends) or now + (just_taken[id] and taken_for or RECOUNT_MS))
    else
      redis.call("ZREM", places .. gate, id)
    end
  end
  -- A lease that has ended is taken back by whoever settles next, and its place with it.
  return count, math.max(again, now + 1)
end

-- Takes a place for a task whose turn has come, or has it already; false where there is none.
local function take_place(id, gate, limit)
  local added = redis.call("ZADD", places .. gate, now, id) == 1
  if added and redis.call("ZCARD", places .. gate) > limit then
    redis.call("ZREM", places .. gate, id)
    return false
  end
  redis.call("PEXPIRE", places .. gate, PLACES_KEPT_MS)
  just_taken[id] = true
  return true
end
