-- Gives tasks to a worker, under leases; `answer` takes for each that has a body its head and that. Returns how many.
local function give(ids, holder, ends, answer)
  local bodies_of = redis.call("HMGET", bodies, unpack(ids))
  -- Where as many have a run as a lease, none of those that wait has one.
  local fresh = #ids > 1 and redis.call("HLEN", runs) == redis.call("ZCARD", leases)
  local runs_of = fresh and {} or redis.call("HMGET", runs, unpack(ids))
  local first_run = write_run(1, 1, 0, holder)
  local runs_now, leases_now, n = {}, {}, 0
  for i, id in ipairs(ids) do
    local body = bodies_of[i]
    if body then
      local at = #answer
      if runs_of[i] then
        local attempt, delivery, lost = read_run(runs_of[i])
        delivery = delivery + 1
        runs_now[n + 2] = write_run(attempt, delivery, lost, holder, failures_of(runs_of[i]))
        answer[at + 1] = string.format("%d:%d:%d:%s", attempt, delivery, lost, id)
      else
        runs_now[n + 2] = first_run
        answer[at + 1] = "1:1:0:" .. id
      end
      answer[at + 2] = body
      runs_now[n + 1] = id
      leases_now[n + 1], leases_now[n + 2] = ends, id
      n = n + 2
    end
  end
  if n > 0 then
    in_chunks(runs_now, "HSET", runs)
    in_chunks(leases_now, "ZADD", leases)
  end
  return n / 2
end
