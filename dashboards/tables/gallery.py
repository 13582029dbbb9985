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
        index: positions of the images in the test array, `(n_shown,)`; an image that several
            networks took for different classes stands once for each.
        code: the code of each confusion, `(n_shown,)`, ascending.
        note: the confidence in percent, or how many networks took the image for this class,
            `(n_shown,)`.
        missed: how many images of each true class are misread, shown or not.
        capped: how many images there are of each confusion that has more than are shown.

    Examples:
        >>> answers = Answers(
        ...     trial_id="a", index=np.array([5, 6, 7]), label=np.array([0, 1, 1]),
        ...     predicted=np.array([0, 2, 0]), confidence=np.array([0.9, 0.8, 0.7], "f4"),
        ... )
        >>> gallery = network_gallery(answers, cap=9)
        >>> gallery.index, gallery.note, gallery.missed
        (array([7, 6]), array([70, 80]), {1: 2})
        >>> gallery.embedded(classes=3)["missed"]
        [0, 2, 0]
    """

    index: _Integers
    code: _Integers
    note: _Integers
    missed: Mapping[int, int]
    capped: Mapping[int, int]

    def embedded(self, classes: int) -> dict[str, Any]:
        """What the page reads: `entries`, packed rows of index, code and note; `missed`; `capped`.

        Its codes are places in a `(classes, classes)` matrix, read row by row.
        """
        capped = compact_codes(np.array(list(self.capped), dtype=np.int64), classes)
        return {
            "entries": pack_rows(self.index, compact_codes(self.code, classes), self.note),
            "missed": [self.missed.get(label, 0) for label in range(classes)],
            "capped": dict(zip(map(str, capped), self.capped.values(), strict=True)),
        }


def confusion_counts(answers: Answers) -> tuple[_Integers, _Integers]:
    """The codes that occur in a network's answers, ascending, right answers too, and how often.

    Examples:
        >>> answers = Answers(
        ...     trial_id="a", index=np.array([5, 6, 7]), label=np.array([0, 1, 1]),
        ...     predicted=np.array([0, 2, 0]), confidence=np.array([0.9, 0.8, 0.7], "f4"),
        ... )
        >>> codes, counts = confusion_counts(answers)
        >>> compact_codes(codes, classes=3).tolist(), counts.tolist()
        ([0, 3, 5], [1, 1, 1])
    """
    return np.unique(_codes(answers.label, answers.predicted), return_counts=True)


def compact_codes(codes: _Integers, classes: int) -> _Integers:
    """Codes as places in a `(classes, classes)` matrix, read row by row.

    Examples:
        >>> answers = Answers(
        ...     trial_id="a", index=np.array([5, 6, 7]), label=np.array([0, 1, 1]),
        ...     predicted=np.array([0, 2, 0]), confidence=np.array([0.9, 0.8, 0.7], "f4"),
        ... )
        >>> codes, _ = confusion_counts(answers)
        >>> compact_codes(codes, classes=3), compact_codes(codes, classes=10)
        (array([0, 3, 5]), array([ 0, 10, 12]))
    """
    return codes // _BASE * classes + codes % _BASE


def count_classes(codes: Iterable[_Integers]) -> int:
    """How many classes these codes speak of, true ones or answers; 0 without any code.

    Args:
        codes: the codes of each network, none of them empty.

    Examples:
        >>> answers = Answers(
        ...     trial_id="a", index=np.array([5, 6, 7]), label=np.array([0, 1, 1]),
        ...     predicted=np.array([0, 2, 0]), confidence=np.array([0.9, 0.8, 0.7], "f4"),
        ... )
        >>> codes, _ = confusion_counts(answers)
        >>> count_classes([codes])
        3
    """
    largest = [
        max(int((of_network // _BASE).max()), int((of_network % _BASE).max()))
        for of_network in codes
    ]
    return max(largest, default=-1) + 1


def network_gallery(answers: Answers, *, cap: int) -> Gallery:
    """The images that one network misreads, in the order of the test array, with its confidence.

    Args:
        answers: the answers of the network.
        cap: how many images of each confusion are shown at most: a network with one answer misreads
            nearly all.

    Examples:
        >>> answers = Answers(
        ...     trial_id="a", index=np.array([5, 6, 7]), label=np.array([0, 1, 1]),
        ...     predicted=np.array([0, 2, 0]), confidence=np.array([0.9, 0.8, 0.7], "f4"),
        ... )
        >>> network_gallery(answers, cap=9).index
        array([7, 6])
    """
    wrong = answers.label != answers.predicted
    confidence = np.round(100 * np.clip(answers.confidence[wrong], 0, 1))
    index = answers.index[wrong].astype(np.int64)
    codes = _codes(answers.label[wrong], answers.predicted[wrong])
    notes = np.nan_to_num(confidence, nan=NO_CONFIDENCE).astype(np.int64)
    # A confidence orders nothing: networks that misread alike shall show the same images.
    return _gallery(_Entries(index, codes, notes, priority=np.zeros_like(index)), cap)


def wrong_answers(answers: Answers) -> _Integers:
    """Image and confusion of each misread image as one number, `(n_misread,)`.

    Examples:
        >>> answers = Answers(
        ...     trial_id="a", index=np.array([5, 6, 7]), label=np.array([0, 1, 1]),
        ...     predicted=np.array([0, 2, 0]), confidence=np.array([0.9, 0.8, 0.7], "f4"),
        ... )
        >>> len(wrong_answers(answers))
        2
    """
    wrong = answers.label != answers.predicted
    codes = _codes(answers.label[wrong], answers.predicted[wrong])
    return answers.index[wrong].astype(np.int64) * _CODES + codes


def answers_about(wrong: _Integers, index: Sequence[int]) -> _Integers:
    """The wrong answers that are about some images.

    Args:
        wrong: what `wrong_answers` gives for a network.
        index: positions of the images in the test array.

    Examples:
        >>> answers = Answers(
        ...     trial_id="a", index=np.array([5, 6, 7]), label=np.array([0, 1, 1]),
        ...     predicted=np.array([0, 2, 0]), confidence=np.array([0.9, 0.8, 0.7], "f4"),
        ... )
        >>> len(answers_about(wrong_answers(answers), [5, 6]))
        1
    """
    return wrong[np.isin(wrong // _CODES, index)]


def networks_gallery(wrong: Sequence[_Integers], *, cap: int) -> Gallery:
    """The images that any of some networks misreads, what most misread first.

    Args:
        wrong: what `wrong_answers` gives for each network.
        cap: how many images of each confusion are shown at most.

    Examples:
        >>> answers = Answers(
        ...     trial_id="a", index=np.array([5, 6, 7]), label=np.array([0, 1, 1]),
        ...     predicted=np.array([0, 2, 0]), confidence=np.array([0.9, 0.8, 0.7], "f4"),
        ... )
        >>> gallery = networks_gallery([wrong_answers(answers)] * 2, cap=9)
        >>> gallery.index, gallery.note
        (array([7, 6]), array([2, 2]))
    """
    return _gallery(_votes(wrong), cap)


def titled_gallery(index: Sequence[int], wrong: Sequence[_Integers], *, cap: int) -> Gallery:
    """Some images, each once, under its most frequent wrong answer, at a tie the lower class.

    Args:
        index: positions of the images in the test array.
        wrong: what `wrong_answers` gives for each network.
        cap: how many images of each confusion are shown at most.

    Examples:
        >>> answers = Answers(
        ...     trial_id="a", index=np.array([5, 6, 7]), label=np.array([0, 1, 1]),
        ...     predicted=np.array([0, 2, 0]), confidence=np.array([0.9, 0.8, 0.7], "f4"),
        ... )
        >>> titled_gallery([6], [wrong_answers(answers)], cap=9).index
        array([6])
    """
    votes = _votes([answers_about(rows, index) for rows in wrong])
    order = np.lexsort((votes.code, -votes.note, votes.index))
    _, first = np.unique(votes.index[order], return_index=True)
    return _gallery(votes.at(order[first]), cap)


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """The rows of a gallery before any is left out; the cap leaves out those of low priority."""

    index: _Integers
    code: _Integers
    note: _Integers
    priority: _Integers

    def at(self, rows: _Integers) -> "_Entries":
        """The entries with these row numbers, in this order."""
        return _Entries(self.index[rows], self.code[rows], self.note[rows], self.priority[rows])


def _codes(label: NDArray[np.integer], predicted: NDArray[np.integer]) -> _Integers:
    """One number for each true class and what it was taken for; ascends with both."""
    return label.astype(np.int64) * _BASE + predicted


def _votes(wrong: Sequence[_Integers]) -> _Entries:
    """Each wrong answer once, noted with how many networks gave it."""
    keys, networks = np.unique(
        np.concatenate([np.empty(0, dtype=np.int64), *wrong]), return_counts=True
    )
    return _Entries(keys // _CODES, keys % _CODES, networks, priority=networks)


def _gallery(entries: _Entries, cap: int) -> Gallery:
    """The gallery of these entries, with at most `cap` of each confusion."""
    codes, counts = np.unique(entries.code, return_counts=True)
    images = np.unique(entries.index * _BASE + entries.code // _BASE)
    labels, missed = np.unique(images % _BASE, return_counts=True)
    order = np.lexsort((entries.index, -entries.priority, entries.code))
    ordered = entries.code[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    within_cap = entries.at(order[rank < cap])
    return Gallery(
        index=within_cap.index,
        code=within_cap.code,
        note=within_cap.note,
        missed=dict(zip(labels.tolist(), missed.tolist(), strict=True)),
        capped={
            int(code): int(count) for code, count in zip(codes, counts, strict=True) if count > cap
        },
    )
