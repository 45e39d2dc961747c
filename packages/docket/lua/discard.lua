-- Throws a dead letter away.
-- args: now_override id
-- returns: 1 when there was one
-- include: clock body strike gate letter

return drop_letter(id)
