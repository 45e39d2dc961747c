-- A task may say that it is run together with others: `batches` has how many at most, for how long (ms) the first waits for
-- them, its name, and what they have in common, which with "b" make its gate. Whose turn comes is held behind that. When it
-- opens, as many stand there as may run together, or the time of the first is over: that one leads, and goes to the
-- front. Whoever is given it gathers the others (gather.lua). `batches` has the leader too, by its gate: its id while it waits
-- for its claim, then until when its others are to be gathered, tab, id. However that comes to nothing, the next leads.

-- When the first of the gates that were shut here opens.
local opens_first

-- When it is looked again whether a leader still waits: no script of this release forgets it.
local LEADS_MS = 60000

local function read_batch(entry)
  local most, within, of = string.match(entry or "", "^(%d+)\t(%d+)\t(.*)$")
  if most then return tonumber(most), tonumber(within), "b\t" .. of end
end

-- How many run together, for how long the first waits (ms), and the gate; nil for a task that has none.
local function batch_of(id)
  if batched then return read_batch(redis.call("HGET", batches, id)) end
end

local function opens_at(gate, at)
  redis.call("ZADD", gates, at, gate)
  opens_first = math.min(opens_first or at, at)
end

-- The first behind a batch's gate, out of it; who was moved by an earlier release since, which doesn't know this gate, isn't
-- held any more.
local function next_of_batch(gate)
  while true do
    local id = redis.call("ZPOPMIN", held .. gate)[1]
    if not id then return nil end
    local is_there = string.find(redis.call("HGET", groups, id) or "", "^%d")
    if is_there and not redis.call("ZSCORE", leases, id) then return id end
  end
end

-- Until when nobody else is to lead; nil where nobody does.
local function led_until(gate)
  local leads = redis.call("HGET", batches, gate)
  if not leads then return nil end
  local till = string.match(leads, "^(%d+)\t")
  if till then return tonumber(till) > now and tonumber(till) or nil end
  local waits = redis.call("HEXISTS", bodies, leads) == 1
    and not redis.call("ZSCORE", leases, leads) and not redis.call("ZSCORE", schedule, leads)
  return waits and now + LEADS_MS or nil
end

-- The first leads, where nobody does.
local function open_batch(gate)
  local again = led_until(gate)
  if not again then
    local first = next_of_batch(gate)
    if first then
      redis.call("HSET", batches, gate, first)
      push_front(first)
    else
      redis.call("HDEL", batches, gate)
    end
    again = now + LEADS_MS
  end
  if redis.call("EXISTS", held .. gate) == 1 then opens_at(gate, again) else redis.call("ZREM", gates, gate) end
end

-- A leader was claimed: its worker gathers the others at once, or never will.
local function lead(id, gate)
  local GATHER_MS = 5000
  if redis.call("EXISTS", held .. gate) == 0 then return redis.call("HDEL", batches, gate) end
  redis.call("HSET", batches, gate, string.format("%d\t%s", now + GATHER_MS, id))
  opens_at(gate, now + GATHER_MS)
end

-- It doesn't lead any more, if it did.
local function leave_batch(id)
  local _, _, gate = batch_of(id)
  local leads = gate and redis.call("HGET", batches, gate)
  if not leads or string.match(leads, "^%d+\t(.*)$") ~= id and leads ~= id then return end
  redis.call("HDEL", batches, gate)
  if redis.call("EXISTS", held .. gate) == 1 then open_batch(gate) end
end
