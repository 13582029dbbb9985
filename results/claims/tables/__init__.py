"""Claims about anyone's table of runs, by a rule that gaps and single bad runs don't upset."""
