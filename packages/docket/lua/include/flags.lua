-- Where no task has a group, a limit, a batch or a priority, and nothing is struck, one question is all that gates and
-- priorities cost: a key counts as often as it is named.
local ranked, limited, batched, gated
local function look_at_gates()
  local some = redis.call("EXISTS", groups, strikes, limits, limits, limits, batches, batches, batches, batches, batches, batches,
    priorities, priorities, priorities, priorities, priorities, priorities, priorities, priorities, priorities, priorities,
    priorities, priorities)
  ranked, batched, limited, gated = some >= 12, some % 12 >= 6, some % 6 >= 3, some % 12 > 0
end
