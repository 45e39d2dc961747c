-- Throws a dead letter away.
-- args: now_override id
-- returns: 1 when there was one
-- include: time clock body gated strike gate letter

return drop_letter(id)
