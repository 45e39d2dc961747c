-- Nothing waits and no gate may stand: asked in one, since that is what most adds find.
local calm = redis.call("EXISTS", groups, strikes, limits, batches, priorities, ready) == 0
if not calm then look_at_gates() end
