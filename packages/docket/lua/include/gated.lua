-- Where no task has a group and nothing is struck, one question is all that gates cost.
local gated = redis.call("EXISTS", groups, strikes) > 0
