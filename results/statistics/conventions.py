"""The conventions by which everything here is judged; sentences quote them, none repeats them."""

# An interval that stands by itself holds the true value in this share of cases.
COVERAGE = 0.95
# The chance that one test is wrong. All claims of a study together have this same chance, of which
# each gets an equal share (Bonferroni).
ALPHA = 0.05
# The chance to detect a true difference, for which a study is planned.
POWER = 0.8
# The smallest difference of accuracies (0-1) that matters.
SMALLEST_DIFFERENCE = 0.001
# From so many seeds on, the spread of a contrast over its own seeds is enough to judge it by.
ENOUGH_SEEDS = 8
