"""How each cell and each of its networks reads every class, and what they misread: the tables.

Answers are read one trial at a time; what is kept of one is small however many images there are.
"""

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboards.tables.gallery import (
    Gallery,
    answers_about,
    compact_codes,
    confusion_counts,
    count_classes,
    network_gallery,
    networks_gallery,
    titled_gallery,
    wrong_answers,
)
from dashboards.tables.runs import cell_names
from results import Outcome, Study
from results.records.answers import Answers, read_answers
from results.report.findings import Findings

# Images shown of one confusion at most, and over all networks, or all cells, so that a page of
# thousands of trials can still be sent by mail.
LARGEST_CAP, SMALLEST_CAP = 60, 3
SHOWN_IN_ALL = 20_000
_Rows = Mapping[str, Mapping[Hashable, Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """How the network of one trial read the test images.

    Attributes:
        trial_id, seed, outcome, accuracy: of its trial.
        codes: the confusions that occur, and the right answers; see `dashboards.tables.gallery`.
        counts: how often, as long as `codes`.
        gallery: what it misread, noted with its confidence.
    """

    trial_id: str
    seed: int
    outcome: str
    accuracy: float
    codes: NDArray[np.int64]
    counts: NDArray[np.int64]
    gallery: Gallery

    def matrix(self, classes: int) -> NDArray[np.int64]:
        """How often each class (row) was taken for each (column), `(classes, classes)`."""
        places = np.zeros(classes * classes, dtype=np.int64)
        places[compact_codes(self.codes, classes)] = self.counts
        return places.reshape(classes, classes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellConfusion:
    """How the networks of a cell read the test images.

    Attributes:
        name: its levels.
        networks: those that left predictions, by seed.
        counted: the places of those the cell is judged by: the trained ones, if none is, all.
        gallery: what these misread, noted with how many of them gave this wrong answer.
    """

    name: str
    networks: tuple[Network, ...]
    counted: tuple[int, ...]
    gallery: Gallery

    def matrices(self, classes: int) -> NDArray[np.int64]:
        """Those of the counted networks, `(n_counted, classes, classes)`."""
        return np.stack([self.networks[place].matrix(classes) for place in self.counted])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Confusions:
    """All that the page shows.

    Attributes:
        classes: how many there are; 0 where no trial left predictions.
        cells: those that left predictions, in declared order.
        found: images that an analysis points at, by what it says of them.
    """

    classes: int
    cells: tuple[CellConfusion, ...]
    found: Mapping[str, Gallery]


def read_confusions(study: Study, findings: Findings) -> Confusions:
    """How every cell of a study reads the test images.

    Raises:
        ResultsError: a file of predictions is damaged.
    """
    named = _found_images(findings)
    about = sorted({index for images in named.values() for index in images})
    healthy = _healthy_trials(findings)
    wrong: list[NDArray[np.int64]] = []
    cells: list[CellConfusion] = []
    table = study.trials.assign(cell=cell_names(study))
    trials: _Rows = {row["trial_id"]: row for row in table.to_dict("records")}
    caps = _Caps(network=_cap(len(table)), cell=_cap(table["cell"].nunique()))
    answers = read_answers(study.paths, study.finished)
    for name, group in itertools.groupby(answers, lambda one: trials[one.trial_id]["cell"]):
        mine = list(group)
        wrong += [
            answers_about(wrong_answers(one), about) for one in mine if one.trial_id in healthy
        ]
        cells.append(_cell(name, mine, trials, caps))
    codes = [network.codes for cell in cells for network in cell.networks]
    return Confusions(
        classes=count_classes(codes),
        cells=tuple(cells),
        found={
            name: titled_gallery(images, wrong, cap=LARGEST_CAP) for name, images in named.items()
        },
    )


class _Caps(NamedTuple):
    """Images shown of a confusion, of one network and of one cell."""

    network: int
    cell: int


def _cap(galleries: int) -> int:
    return max(SMALLEST_CAP, min(LARGEST_CAP, SHOWN_IN_ALL // max(galleries, 1)))


def _healthy_trials(findings: Findings) -> frozenset[str]:
    lattice = findings.lattice
    return frozenset(itertools.chain(*itertools.compress(lattice.trial_ids, lattice.healthy)))


def _found_images(findings: Findings) -> dict[str, tuple[int, ...]]:
    """The images that findings point at, where there are any."""
    if findings.images is None:
        return {}
    named = {"missed by every network of every cell that trained": findings.images.missed_by_all}
    for found in findings.images.fixed:
        named[f"read by all with {found.factor}={found.level}, missed by all others"] = found.index
    return {name: images for name, images in named.items() if images}


def _cell(name: str, answers: Sequence[Answers], trials: _Rows, caps: _Caps) -> CellConfusion:
    networks = tuple(_network(one, trials[one.trial_id], caps.network) for one in answers)
    trained = [place for place, one in enumerate(networks) if one.outcome == Outcome.TRAINED.value]
    counted = trained or range(len(networks))
    wrong = [wrong_answers(answers[place]) for place in counted]
    return CellConfusion(
        name=name,
        networks=networks,
        counted=tuple(counted),
        gallery=networks_gallery(wrong, cap=caps.cell),
    )


def _network(answers: Answers, trial: Mapping[Hashable, Any], cap: int) -> Network:
    codes, counts = confusion_counts(answers)
    return Network(
        trial_id=answers.trial_id,
        seed=int(trial["seed"]),
        outcome=str(trial["outcome"]),
        accuracy=float(trial["test_accuracy"]),
        codes=codes,
        counts=counts,
        gallery=network_gallery(answers, cap=cap),
    )
