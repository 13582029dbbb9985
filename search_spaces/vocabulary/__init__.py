"""The words that a space is declared in: factor, level, cell, claim, design, protocol and trial."""
