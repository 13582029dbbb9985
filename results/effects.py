"""Analysis of variance and effects of a response, from any data frame.

The public interface for everyone's own tables:

    effects(frame, ["optimizer", "loss"], "test_accuracy", block="seed")

Knows nothing of studies, failed trials or claims: which rows may be compared is for the caller.
"""

from results.statistics.factorial import anova, effects

__all__ = ["anova", "effects"]
