-- What only tells of ends asks for gates when it is known whether anything else has to be asked for.
local gated
local function look_at_gates()
  gated = redis.call("EXISTS", groups, strikes) > 0
end
