"""What tests build studies, lattices and trials with: the one place for it."""
