-- A body: addedAt \t serial \t key \t name \t payload, and \t what its trace takes along, if anything (see envelope.ts). Nil for what isn't one.
local function ties(body)
  local serial, key, name = string.match(body, "^%d+\t([^\t]*)\t([^\t]*)\t([^\t]+)\t")
  return serial, key, name
end

-- A task's name without the version of its payload ("name@2"): strikes, rates and counts are the task's.
local function plain_name(name)
  return string.match(name, "^(.+)@%d+$") or name
end

-- A run: attempt:delivery:lost:owner, and behind it, while it runs, "#" and the number of the settle call that claimed
-- it (none when it came through the inbox), "!" once it is cancelled, "@" and when it was claimed (ms). Then its failures so
-- far, each a line break and JSON; and a tab and its progress (JSON) where it told of some: so both go with the run, and
-- nobody has to look for them. A task that was never claimed has none.
local function read_run(run)
  if not run then return 1, 0, 0, "", false, "" end
  local attempt, delivery, lost, owner, call, cancelled =
    string.match(run, "^(%d+):(%d+):(%d+):([^#!@\n\t]*)#?(%d*)(!?)")
  return tonumber(attempt), tonumber(delivery), tonumber(lost), owner, cancelled == "!", call
end

-- The failures of a run; empty when it has none.
local function failures_of(run)
  return run and string.find(run, "\n", 1, true) and string.match(run, "\n[^\t]*") or ""
end

-- With one more; the last nine are kept.
local function one_more_failure(failures, failure)
  if failure == "" then return failures end
  failures = failures .. "\n" .. failure
  local _, count = string.gsub(failures, "\n", "")
  while count > 9 do
    failures = string.match(failures, "^\n[^\n]*(.*)$")
    count = count - 1
  end
  return failures
end

local function write_run(attempt, delivery, lost, owner, failures)
  return string.format("%d:%d:%d:%s", attempt, delivery, lost, owner) .. (failures or "")
end

-- One command for many members: Lua's unpack is bounded by its stack.
local function in_chunks(list, command, key)
  for from = 1, #list, 1000 do
    redis.call(command, key, unpack(list, from, math.min(from + 999, #list)))
  end
end
