-- Forgets a worker; tasks that lie unread in its inbox go back to the front, uncounted.
-- args: now_override worker
-- include: time clock body watch send ended history flags gated strike priority terms limit batch gate lane hand-back dispatch forget

local messages = redis.call("LRANGE", inbox .. worker, 0, -1)
forget(worker)
for i = #messages, 1, -1 do
  local id = string.match(messages[i], "^task\t%d+\t%d\t([^\t]+)\t")
  local run = id and redis.call("HGET", runs, id)
  local _, _, _, owner = read_run(run)
  if owner == worker then hand_back(id, run) end
end
if HISTORY_KEPT then write_history() end
if #messages > 0 then dispatch() end
