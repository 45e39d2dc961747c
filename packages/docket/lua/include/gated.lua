look_at_gates()
