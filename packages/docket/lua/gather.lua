-- Gives the worker of a batch's leader the others that wait behind its gate, each under a lease of its own.
-- args: now_override worker call id delivery most lease
--   call: as of settle; most: how many others at most
-- returns: now, then per claim its head, attempt:delivery:lost:id, and its body
-- include: time clock body watch send ended flags gated strike priority terms limit batch gate lane dispatch claim

local answer = { now }
local _, delivered, _, owner = read_run(redis.call("HGET", runs, id))
local own_most, within, gate = batch_of(id)
if not gate or owner ~= worker or delivered ~= tonumber(delivery) then return answer end

local gathered = {}
while #gathered < tonumber(most) and not gates_busy() do
  local next_one = next_of_batch(gate)
  if not next_one then break end
  if may_join(next_one) then gathered[#gathered + 1] = next_one end
end
if #gathered > 0 then
  give(gathered, string.format("%s#%s@%d", worker, call, now), string.format("%d", now + tonumber(lease)), answer)
end
batch_gathered(gate, own_most, within)
dispatch()
return answer
