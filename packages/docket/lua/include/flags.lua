-- Where no task has a group, a limit or a priority, and nothing is struck, one question is all that gates and priorities cost:
-- a key counts as often as it is named.
local ranked, limited, gated
local function look_at_gates()
  local some = redis.call("EXISTS", groups, strikes, limits, limits, limits, priorities, priorities, priorities,
    priorities, priorities, priorities)
  ranked, limited, gated = some >= 6, some % 6 >= 3, some % 6 > 0
end
