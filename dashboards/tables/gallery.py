"""Which misread images a page shows: those of a network, of a cell's networks, of a finding.

A confusion, a true class and what it was taken for, is one number here, its code, so that all of it
is arithmetic on arrays: a network that misreads everything takes little longer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboards.tables.packing import pack_rows
from results.records.answers import Answers

# Stands for a confidence that is not a number.
NO_CONFIDENCE = 255
# Classes are 16-bit in the records.
_BASE = 1 << 16
_CODES = _BASE * _BASE

_Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gallery:
    """Misread images, of each confusion no more than a cap allows.

    Attributes:
        index: positions in the test array, `(n_shown,)`; an image that several networks took for
            different classes stands once for each.
        code: the confusion, `(n_shown,)`, ascending.
        note: the confidence in percent, or how many networks took the image for this class,
            `(n_shown,)`.
        missed: how many images of each true class are misread, shown or not.
        capped: how many images there are of each confusion that has more than are shown.
    """

    index: _Integers
    code: _Integers
    note: _Integers
    missed: Mapping[int, int]
    capped: Mapping[int, int]

    def embedded(self, classes: int) -> dict[str, Any]:
        """What the page reads: `entries`, packed rows of index, code and note, `missed`, `capped`.

        Codes are places in a `(classes, classes)` matrix, read row by row.
        """
        capped = compact_codes(np.array(list(self.capped), dtype=np.int64), classes)
        return {
            "entries": pack_rows(self.index, compact_codes(self.code, classes), self.note),
            "missed": [self.missed.get(label, 0) for label in range(classes)],
            "capped": dict(zip(map(str, capped), self.capped.values(), strict=True)),
        }


def confusion_counts(answers: Answers) -> tuple[_Integers, _Integers]:
    """The codes that occur in a network's answers, ascending, right answers too, and how often."""
    return np.unique(_codes(answers.label, answers.predicted), return_counts=True)


def compact_codes(codes: _Integers, classes: int) -> _Integers:
    """Codes as places in a `(classes, classes)` matrix, read row by row."""
    return codes // _BASE * classes + codes % _BASE


def count_classes(codes: Iterable[_Integers]) -> int:
    """How many classes these codes speak of, in either place; 0 without any."""
    largest = [max(int((some // _BASE).max()), int((some % _BASE).max())) for some in codes]
    return max(largest, default=-1) + 1


def network_gallery(answers: Answers, *, cap: int) -> Gallery:
    """The images that one network misreads, in the order of the test array, with its confidence.

    Args:
        answers: of the network.
        cap: at most so many of each confusion: a network with one answer misreads nearly all.
    """
    wrong = answers.label != answers.predicted
    confidence = np.round(100 * np.clip(answers.confidence[wrong], 0, 1))
    index = answers.index[wrong].astype(np.int64)
    codes = _codes(answers.label[wrong], answers.predicted[wrong])
    notes = np.nan_to_num(confidence, nan=NO_CONFIDENCE).astype(np.int64)
    # A confidence orders nothing: networks that misread alike shall show the same images.
    return _gallery(_Entries(index, codes, notes, priority=np.zeros_like(index)), cap)


def wrong_answers(answers: Answers) -> _Integers:
    """Image and confusion of each misread image as one number, `(n_misread,)`."""
    wrong = answers.label != answers.predicted
    codes = _codes(answers.label[wrong], answers.predicted[wrong])
    return answers.index[wrong].astype(np.int64) * _CODES + codes


def answers_about(wrong: _Integers, index: Sequence[int]) -> _Integers:
    """Those of `wrong_answers` that are about these images."""
    return wrong[np.isin(wrong // _CODES, index)]


def networks_gallery(wrong: Sequence[_Integers], *, cap: int) -> Gallery:
    """The images that any of some networks misreads, what most misread first.

    Args:
        wrong: `wrong_answers` of each network.
        cap: at most so many of each confusion.
    """
    return _gallery(_votes(wrong), cap)


def titled_gallery(index: Sequence[int], wrong: Sequence[_Integers], *, cap: int) -> Gallery:
    """These images, each once, under its most frequent wrong answer, at a tie the lower class.

    Args:
        index: positions in the test array.
        wrong: `wrong_answers` of each network.
        cap: at most so many of each confusion.
    """
    votes = _votes([answers_about(rows, index) for rows in wrong])
    order = np.lexsort((votes.code, -votes.note, votes.index))
    _, first = np.unique(votes.index[order], return_index=True)
    return _gallery(votes.at(order[first]), cap)


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """Rows of a gallery before any is left out, those of high priority first to be shown."""

    index: _Integers
    code: _Integers
    note: _Integers
    priority: _Integers

    def at(self, rows: _Integers) -> "_Entries":
        return _Entries(self.index[rows], self.code[rows], self.note[rows], self.priority[rows])


def _codes(label: NDArray[np.integer], predicted: NDArray[np.integer]) -> _Integers:
    """One number for each true class and what it was taken for; ascends with both."""
    return label.astype(np.int64) * _BASE + predicted


def _votes(wrong: Sequence[_Integers]) -> _Entries:
    keys, networks = np.unique(
        np.concatenate([np.empty(0, dtype=np.int64), *wrong]), return_counts=True
    )
    return _Entries(keys // _CODES, keys % _CODES, networks, priority=networks)


def _gallery(entries: _Entries, cap: int) -> Gallery:
    codes, counts = np.unique(entries.code, return_counts=True)
    images = np.unique(entries.index * _BASE + entries.code // _BASE)
    labels, missed = np.unique(images % _BASE, return_counts=True)
    order = np.lexsort((entries.index, -entries.priority, entries.code))
    ordered = entries.code[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    shown = entries.at(order[rank < cap])
    return Gallery(
        index=shown.index,
        code=shown.code,
        note=shown.note,
        missed=dict(zip(labels.tolist(), missed.tolist(), strict=True)),
        capped={int(at): int(n) for at, n in zip(codes, counts, strict=True) if n > cap},
    )
