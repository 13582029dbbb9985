"""Data sets: where they come from, what their labels mean, which part of them is drawn."""
