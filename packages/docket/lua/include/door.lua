-- What would come too often is refused at the door, before anything is stored. A door: kind \t limit \t per (ms) \t of
-- what; `admitted` has when those came in that count, and their ids: so the same add, once more after a lost answer, is
-- answered as before.
local function doors_of(terms)
  local doors = {}
  local _, _, _, _, lines = read_terms(terms)
  for line in string.gmatch(lines, "[^\n]+") do
    local kind, limit, per, of = string.match(line, "^([^\t]*)\t(%d+)\t(%d+)\t(.*)$")
    doors[#doors + 1] = { kind = kind, limit = tonumber(limit), per = tonumber(per), list = admitted .. of }
  end
  return doors
end

-- What is answered to a task that doesn't come in: its own id where it has come in before, else the kind of the door and
-- the id of the last that did. Nil where it comes in.
local function turned_away(id, terms)
  if terms == "" then return nil end
  local doors = doors_of(terms)
  for _, door in ipairs(doors) do
    local counted, last = 0, nil
    for _, entry in ipairs(redis.call("LRANGE", door.list, -door.limit, -1)) do
      local at, came = string.match(entry, "^(%d+)\t(.*)$")
      if came == id then return id end
      if tonumber(at) + door.per > now then counted, last = counted + 1, came end
    end
    if counted >= door.limit then return door.kind .. "\t" .. last end
  end
  for _, door in ipairs(doors) do
    redis.call("RPUSH", door.list, string.format("%d\t%s", now, id))
    redis.call("LTRIM", door.list, -door.limit, -1)
    redis.call("PEXPIRE", door.list, door.per)
  end
end
