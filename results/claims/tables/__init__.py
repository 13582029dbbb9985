"""Claims about anyone's table of runs, by the rule that new examples and few seeds call for."""
