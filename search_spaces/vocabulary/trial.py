"""A trial: one training that is planned, and the identity under which its record is kept."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from search_spaces.vocabulary.cell import Cell
from search_spaces.vocabulary.factor import Level
from search_spaces.vocabulary.protocol import Protocol, Seeding


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One cell trained with one seed under one protocol.

    Args:
        cell: the levels that are trained, one of each factor.
        seed: the number of the replicate. By the protocol's seeding it means something for its cell
            alone (`own`), or makes a block (`shared`): cells with the same seed then share the
            order of the images and, where their architectures agree, initial weights.
        protocol: what is held fixed.
        maths: the name and version of the computation, so that records of changed code never mix.
        relative_cost: the expected duration relative to the other trials; no part of the identity.

    Examples:
        >>> protocol = Protocol(
        ...     dataset="digits",
        ...     dataset_hash="ab" * 32,
        ...     train_size=100,
        ...     test_size=40,
        ...     epochs=1,
        ...     batch_size=10,
        ...     evaluation_batch_size=32,
        ...     learning_rate=0.05,
        ... )
        >>> trial = Trial(cell=Cell.of({"width": 8}), seed=0, protocol=protocol, maths="mine/1")
        >>> len(trial.id)
        16
        >>> dataclasses.replace(trial, relative_cost=2.0).id == trial.id
        True
        >>> dataclasses.replace(trial, seed=1).id == trial.id
        False
        >>> other = dataclasses.replace(trial, cell=Cell.of({"width": 16}))
        >>> other.generator_seed == trial.generator_seed
        False
    """

    cell: Cell
    seed: int
    protocol: Protocol
    maths: str
    relative_cost: float = 1.0

    @property
    def id(self) -> str:
        """The first 16 hex digits of a SHA-256 over the canonical JSON of what is trained.

        Neither the space's name nor the data set's name enters, so that studies share records.
        """
        protocol = dataclasses.asdict(self.protocol)
        del protocol["dataset"]
        # Studies from before there was a choice share their seeds, and keep their ids.
        if self.protocol.seeding == Seeding.SHARED:
            del protocol["seeding"]
        # Those without resampling keep theirs.
        if not self.protocol.resample:
            del protocol["resample"]
        return _digest(
            {
                "cell": self._canonical_cell(),
                "seed": self.seed,
                "protocol": protocol,
                "maths": self.maths,
            }
        )[:16]

    @property
    def generator_seed(self) -> int:
        """What weights, order of images and noise are drawn from, from 0 to 2**32 - 1.

        Where seeds are shared it is the seed; else it is drawn from cell and seed, and from nothing
        else: trials that differ in their learning rate alone, as in a tuning, stay comparable.
        """
        if self.protocol.seeding == Seeding.SHARED:
            return self.seed
        return int(_digest({"cell": self._canonical_cell(), "seed": self.seed})[:8], 16)

    def _canonical_cell(self) -> dict[str, Level]:
        return {name: _canonical(level) for name, level in self.cell.levels}


def _digest(content: Mapping[str, object]) -> str:
    """The SHA-256 (hex) over the canonical JSON of this content."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(level: Level) -> Level:
    """The level as the records can give it back: Parquet keeps numeric levels as doubles."""
    return int(level) if isinstance(level, float) and level.is_integer() else level
