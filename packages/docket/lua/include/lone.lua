-- What most adds are: one task that nothing ties, where nothing waits. It stands before all that the others need, since to
-- define that takes longer than to do this.

-- A new task that nothing ties goes straight to a sleeping worker where nothing waits; false where it can't.
local function send_at_once(asleep, id, body)
  local worker = asleep[1]
  local _, lease, only = read_sleeper(tonumber(asleep[2] or 0))
  if not lease or not send(worker, lease, id, body, nil, 0) then return false end
  if only then rouse(worker) end
  if #asleep > 2 then keep_watch(now + lease, worker) end
  return true
end

-- Nothing waits and no gate may stand: asked in one, since that is what most adds find.
local calm = redis.call("EXISTS", groups, strikes, limits, batches, priorities, ready) == 0
local stamp = string.format("%d\t", now)
local entered = false
if calm and #ARGV == FIRST + 1 and not string.find(ARGV[FIRST], "\t", 1, true) then
  local id, body = ARGV[FIRST], stamp .. ARGV[FIRST + 1]
  if redis.call("HSETNX", bodies, id, body) == 0 then return {} end -- the same add once more, after a lost answer
  redis.call("HINCRBY", living, string.match(counts, "^[^\t]+"), 1)
  local asleep = list_sleepers()
  if send_at_once(asleep, id, body) then return {} end
  redis.call("RPUSH", ready, id)
  if #asleep == 0 and redis.call("EXISTS", workers) == 1 then return {} end
  entered = true
end
