"""Tables in, findings out: which cells train, what each factor does, what that rests on."""
