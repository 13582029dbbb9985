"""How much is spent on tuning a cell, and how its values are looked for. Loads nothing heavy."""

from dataclasses import dataclass

# What `--sampler` takes; the first is the default.
SAMPLERS = QMC, TPE, RANDOM, GRID = ("qmc", "tpe", "random", "grid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each cell may spend on tuning, the same for all cells.

    Args:
        values: how many values of the setting are tried.
        seeds: how many seeds each value is trained with.
        sampler: how values are chosen, one of `SAMPLERS`.
        prune: whether trainings of a value that does badly are stopped early.

    Examples:
        >>> Budget(values=5, seeds=3).trainings
        15
    """

    values: int = 8
    seeds: int = 2
    sampler: str = QMC
    prune: bool = False

    @property
    def trainings(self) -> int:
        """How many trainings tune a cell."""
        return self.values * self.seeds
