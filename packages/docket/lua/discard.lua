-- Throws a dead letter away.
-- args: now_override id
-- returns: 1 when there was one
-- include: time clock body history flags gated strike priority terms limit batch gate letter

-- Its death, where that is still told of, becomes this.
local function note_discarded()
  local entry = redis.call("HGET", history, id)
  local name, key, added, run, message = string.match(entry or "", "^dead\t([^\t]*)\t([^\t]*)\t(%d*)\t([^\t]*)\t(.*)$")
  if not name then
    local _, body = read_letter(redis.call("HGET", letters, id))
    local _, delivery = read_run(redis.call("HGET", runs, id))
    local _, own_key, own_name = ties(body or "")
    name, key, added = own_name or "", own_key or "", string.match(body or "", "^%d+") or ""
    -- Which attempt it was isn't kept in its run.
    run, message = write_run(0, delivery, 0, ""), ""
  end
  note_end(id, "discarded", name, key, added, run, message)
end

if HISTORY_KEPT and redis.call("HEXISTS", letters, id) == 1 then
  note_discarded()
  write_history()
end
return drop_letter(id)
