"""Regular fractions against the published ones of minimum aberration."""

import itertools
from collections import Counter

import numpy as np
import pytest

from study.planning.regular import minimum_aberration

# Chen, Sun & Wu 1993 for 8 to 64 runs, Block & Mee 2005 for 128: the words of three letters, four
# and so on, and how many interactions of two factors are clear.
PUBLISHED = {
    (5, 1): ((0, 0, 1), 10),
    (5, 2): ((2, 1, 0), 0),
    (6, 2): ((0, 3, 0, 0), 0),
    (6, 3): ((4, 3, 0, 0), 0),
    (7, 2): ((0, 1, 2, 0, 0), 15),
    (7, 3): ((0, 7, 0, 0, 0), 0),
    (7, 4): ((7, 7, 0, 0, 1), 0),
    (8, 2): ((0, 0, 2, 1, 0, 0), 28),
    (8, 3): ((0, 3, 4, 0, 0, 0), 13),
    (8, 4): ((0, 14, 0, 0, 0, 1), 0),
    (9, 2): ((0, 0, 0, 3, 0, 0, 0), 36),
    (9, 3): ((0, 1, 4, 2, 0, 0, 0), 30),
    (9, 4): ((0, 6, 8, 0, 0, 1, 0), 8),
    (9, 5): ((4, 14, 8, 0, 4, 1, 0), 0),
    (10, 3): ((0, 0, 3, 3, 1, 0, 0, 0), 45),
    (10, 4): ((0, 2, 8, 4, 0, 1, 0, 0), 33),
    (10, 5): ((0, 10, 16, 0, 0, 5, 0, 0), 0),
    (10, 6): ((8, 18, 16, 8, 8, 5, 0, 0), 0),
    (11, 6): ((0, 25, 0, 27, 0, 10, 0, 1, 0), 0),
}


def columns(factors, generators):
    """The signs of each factor, `(n_cells, n_factors)`, every generator multiplied out."""
    basic = factors - len(generators)
    signs = np.array(list(itertools.product((-1, 1), repeat=basic)))
    return np.column_stack([signs, *(signs[:, list(group)].prod(axis=1) for group in generators)])


def word_lengths(signs):
    """How many products of three factors, four and so on are the same in every cell."""
    factors = signs.shape[1]
    counts = Counter(
        size
        for size in range(1, factors + 1)
        for group in itertools.combinations(range(factors), size)
        if abs(signs[:, list(group)].prod(axis=1).sum()) == len(signs)
    )
    assert counts[1] == counts[2] == 0
    return tuple(counts[size] for size in range(3, factors + 1))


def clear_interactions(signs):
    """How many interactions no main effect and no other interaction is mixed with."""
    pairs = np.array([a * b for a, b in itertools.combinations(signs.T, 2)])
    mixed = np.abs(pairs @ signs).max(axis=1) + np.abs(pairs @ pairs.T).sum(axis=1) - len(signs)
    return int((mixed == 0).sum())


@pytest.mark.parametrize(("size", "expected"), PUBLISHED.items())
def test_a_fraction_has_the_word_lengths_and_clear_interactions_that_are_published(size, expected):
    signs = columns(size[0], minimum_aberration(*size))
    assert (word_lengths(signs), clear_interactions(signs)) == expected


def test_no_other_quarter_of_seven_factors_has_fewer_short_words():
    """An exhaustive search over both generators."""
    groups = [g for size in (2, 3, 4, 5) for g in itertools.combinations(range(5), size)]
    best = min(word_lengths(columns(7, pair)) for pair in itertools.combinations(groups, 2))
    assert word_lengths(columns(7, minimum_aberration(7, 2))) == best
