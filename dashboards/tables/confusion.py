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
        trial_id: the id of the trial.
        seed: the seed of the trial.
        outcome: how the trial ended.
        accuracy: the test accuracy of the trial, 0-1.
        codes: the confusions and right answers that occur, `(n_codes,)`, as codes; see
            `dashboards.tables.gallery`.
        counts: how often each of them occurs, `(n_codes,)`.
        gallery: the images that it misread, noted with its confidence.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> study = load_study(directory)
        >>> network = read_confusions(study, analyse(study)).cells[0].networks[0]
        >>> network.seed, network.accuracy, int(network.matrix(10).trace())
        (0, 0.925, 37)
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
        name: the levels of the cell, joined.
        networks: the networks that left predictions, by seed.
        counted: the places of the networks that the cell is judged by: the trained ones, or all
            where none trained.
        gallery: the images that these misread, noted with how many of them gave this answer.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> study = load_study(directory)
        >>> cell = read_confusions(study, analyse(study)).cells[0]
        >>> cell.name, cell.counted, cell.matrices(10).shape
        ('none · categorical_crossentropy', (0, 1, 2), (3, 10, 10))
    """

    name: str
    networks: tuple[Network, ...]
    counted: tuple[int, ...]
    gallery: Gallery

    def matrices(self, classes: int) -> NDArray[np.int64]:
        """The matrices of the counted networks, `(n_counted, classes, classes)`."""
        return np.stack([self.networks[place].matrix(classes) for place in self.counted])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Confusions:
    """All that the page of confusions shows.

    Attributes:
        classes: how many classes there are; 0 where no trial left predictions.
        cells: the cells that left predictions, in declared order.
        found: the images that an analysis points at, by what it says of them.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> study = load_study(directory)
        >>> confusions = read_confusions(study, analyse(study))
        >>> confusions.classes, len(confusions.cells), dict(confusions.found)
        (10, 4, {})
    """

    classes: int
    cells: tuple[CellConfusion, ...]
    found: Mapping[str, Gallery]


def read_confusions(study: Study, findings: Findings) -> Confusions:
    """How every cell of a study reads the test images.

    Raises:
        ResultsError: a file of predictions is damaged.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> study = load_study(directory)
        >>> [cell.name for cell in read_confusions(study, analyse(study)).cells][:2]
        ['none · categorical_crossentropy', 'none · mse']
    """
    remarks = _remarkable_images(findings)
    remarkable = sorted({index for images in remarks.values() for index in images})
    healthy = _healthy_trials(findings)
    wrong: list[NDArray[np.int64]] = []
    cells: list[CellConfusion] = []
    table = study.trials.assign(cell=cell_names(study))
    trials: _Rows = {row["trial_id"]: row for row in table.to_dict("records")}
    caps = _Caps(network=_cap(len(table)), cell=_cap(table["cell"].nunique()))
    stored = read_answers(study.paths, study.finished)
    for name, group in itertools.groupby(stored, lambda answers: trials[answers.trial_id]["cell"]):
        of_cell = list(group)
        wrong += [
            answers_about(wrong_answers(answers), remarkable)
            for answers in of_cell
            if answers.trial_id in healthy
        ]
        cells.append(_cell(name, of_cell, trials, caps))
    codes = [network.codes for cell in cells for network in cell.networks]
    return Confusions(
        classes=count_classes(codes),
        cells=tuple(cells),
        found={
            remark: titled_gallery(images, wrong, cap=LARGEST_CAP)
            for remark, images in remarks.items()
        },
    )


class _Caps(NamedTuple):
    """How many images are shown of a confusion at most, in the gallery of a network and a cell."""

    network: int
    cell: int


def _cap(galleries: int) -> int:
    """How many images each of so many galleries shows of a confusion at most."""
    return max(SMALLEST_CAP, min(LARGEST_CAP, SHOWN_IN_ALL // max(galleries, 1)))


def _healthy_trials(findings: Findings) -> frozenset[str]:
    """The ids of the trials of all cells that trained with every seed."""
    lattice = findings.lattice
    return frozenset(itertools.chain(*itertools.compress(lattice.trial_ids, lattice.healthy)))


def _remarkable_images(findings: Findings) -> dict[str, tuple[int, ...]]:
    """The images that findings point at, by what they say of them; remarks on none are left out."""
    if findings.images is None:
        return {}
    remarks = {"missed by every network of every cell that trained": findings.images.missed_by_all}
    for fixed in findings.images.fixed:
        remark = f"read by all with {fixed.factor}={fixed.level}, missed by all others"
        remarks[remark] = fixed.index
    return {remark: images for remark, images in remarks.items() if images}


def _cell(name: str, answers: Sequence[Answers], trials: _Rows, caps: _Caps) -> CellConfusion:
    networks = tuple(
        _network(of_trial, trials[of_trial.trial_id], caps.network) for of_trial in answers
    )
    trained = [
        place for place, network in enumerate(networks) if network.outcome == Outcome.TRAINED.value
    ]
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
