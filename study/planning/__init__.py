"""What a command would run: its options, the plan, the plan as a table, an estimate."""
