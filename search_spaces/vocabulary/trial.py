"""A trial: one training that is planned, and the identity under which its record is kept."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass

from search_spaces.vocabulary.cell import Cell
from search_spaces.vocabulary.factor import Level
from search_spaces.vocabulary.protocol import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One cell trained with one seed under one protocol.

    Args:
        cell: the levels.
        seed: replicate and block: cells with the same seed share initial weights, where their
            architectures agree, and the order of the images.
        protocol: what is held fixed.
        maths: name and version of the computation, so that records of changed code never mix.
        relative_cost: expected duration relative to the other trials; not part of the identity.
    """

    cell: Cell
    seed: int
    protocol: Protocol
    maths: str
    relative_cost: float = 1.0

    @property
    def id(self) -> str:
        """First 16 hex digits of SHA-256 over the canonical JSON of what is trained.

        Nothing else enters, neither the space's name nor the data set's label: studies share
        records.
        """
        protocol = dataclasses.asdict(self.protocol)
        del protocol["dataset"]
        identity = {
            "cell": {name: _canonical(level) for name, level in self.cell.levels},
            "seed": self.seed,
            "protocol": protocol,
            "maths": self.maths,
        }
        text = json.dumps(identity, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _canonical(level: Level) -> Level:
    """The level as the records can give it back: Parquet keeps numeric levels as doubles."""
    return int(level) if isinstance(level, float) and level.is_integer() else level
