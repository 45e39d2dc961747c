-- What is struck isn't started: when its turn comes it is held behind its strike's gate until that is restored. A strike is
-- a task's name; or that, a tab and an object (JSON) whose fields those of the payload must equal. See flags.lua
-- for where none stands.
local strikes_of
local function strikes_on(name)
  if not strikes_of then
    strikes_of = {}
    for _, strike in ipairs(gated and redis.call("HKEYS", strikes) or {}) do
      local struck, where = string.match(strike, "^([^\t]*)\t?(.*)$")
      local list = strikes_of[struck] or {}
      list[#list + 1] = { gate = "s\t" .. strike, where = where ~= "" and cjson.decode(where) }
      strikes_of[struck] = list
    end
  end
  return strikes_of[name] or {}
end

local function anything_struck()
  strikes_on("")
  return next(strikes_of) ~= nil
end

-- The gate of the strike that a task falls under, if there is one.
local function struck_gate(name, body)
  local payload
  for _, strike in ipairs(strikes_on(name)) do
    if not strike.where then return strike.gate end
    if payload == nil then
      local readable, read = pcall(cjson.decode, string.match(body, "^%d+\t[^\t]*\t[^\t]*\t[^\t]+\t([^\t]*)") or "")
      payload = readable and type(read) == "table" and read or {}
    end
    local equal = true
    for field, value in pairs(strike.where) do
      if payload[field] ~= value then equal = false end
    end
    if equal then return strike.gate end
  end
end
