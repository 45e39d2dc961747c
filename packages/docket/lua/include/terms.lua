-- Terms, as `add` is given them: a line each for the group (starts \t per \t group), the limit (see limit.lua), the
-- priority, the batch (see batch.lua), and any number for doors (see door.lua); what is empty at the end is left out.
local function read_terms(terms)
  return string.match(terms, "^([^\n]*)\n?([^\n]*)\n?([^\n]*)\n?([^\n]*)\n?(.*)$")
end

local function forget_terms(ids)
  if gated then in_chunks(ids, "HDEL", groups) end
  if limited then in_chunks(ids, "HDEL", limits) end
  if batched then in_chunks(ids, "HDEL", batches) end
  if ranked then in_chunks(ids, "HDEL", priorities) end
end
