"""How much is spent on tuning a cell, and how its values are looked for. Loads nothing heavy."""

from dataclasses import dataclass

# What `--sampler` takes; the first is the default.
SAMPLERS = QMC, TPE, RANDOM, GRID = ("qmc", "tpe", "random", "grid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each cell may spend, the same for all.

    Args:
        values: how many values are tried.
        seeds: how often each of them is trained.
        sampler: one of `SAMPLERS`.
        prune: whether trainings of a value that does badly are stopped early.
    """

    values: int = 8
    seeds: int = 2
    sampler: str = QMC
    prune: bool = False

    @property
    def trainings(self) -> int:
        """How many there are."""
        return self.values * self.seeds
