"""What a process that trains is: its variables, machine, installation and interruptions."""
