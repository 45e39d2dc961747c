-- Unfinished, back to the front and uncounted; what was cancelled while it ran goes instead.
local function hand_back(id, run)
  local attempt, delivery, lost, _, cancelled = read_run(run)
  redis.call("ZREM", leases, id)
  leave_batch(id)
  if cancelled then
    give_place(id)
    local body = redis.call("HGET", bodies, id) or ""
    local serial, key, name = ties(body)
    if HISTORY_KEPT then note_cancelled(id, run, body) end
    retire(id, serial or "", key or "", name or "")
    keep_result(id, "")
  else
    redis.call("HSET", runs, id, write_run(attempt, delivery, lost, "", failures_of(run)))
    keep_place(id)
    push_front(id)
  end
end
