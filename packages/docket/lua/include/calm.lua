-- Nothing waits and no gate may stand: asked in one, since that is what most adds find.
local calm = redis.call("EXISTS", groups, strikes, ready) == 0
local gated = not calm and redis.call("EXISTS", groups, strikes) > 0
