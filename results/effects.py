"""Analysis of variance and effects of a response, from any data frame.

The public interface for everyone's own tables. Nothing here knows studies, failed trials or claims:
the caller decides which rows may be compared.

Examples:
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"A": [0, 1, 0, 1], "B": [0, 0, 1, 1], "y": [2, 8, 4, 14]})
    >>> effects(frame, ["A", "B"], "y")[["term", "levels", "estimate"]].round(6)
      term        levels  estimate
    0    A         0 → 1       8.0
    1    B         0 → 1       4.0
    2  A:B  0 → 1, 0 → 1       2.0
"""

from results.statistics.factorial import anova, effects

__all__ = ["anova", "effects"]
