-- How deliveries ended, counted by minute, kind and task; each minute goes by itself.
local MINUTES_KEPT = 16
