"""Regular fractions of two-level factors: which of them has minimum aberration.

Of a fraction 2^(k-p), k - p factors are combined in every way, and each of the other p is set to a
product of some of these, its generator. Products of factors that come out the same in every cell
are the words of the fraction; a short one mixes effects of few factors.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The places of the factors whose product a factor is set to.
Generator = tuple[int, ...]
_Ints = NDArray[np.int64]

# So many of the best fractions with one generator less are tried on, fewer where there are more
# words than this to look at. With 100, every 2^(k-p) of up to 10 factors has the word lengths that
# an exhaustive search finds.
_WIDTH = 200
_MOST_WORDS = 4_000_000
# Among so many fractions of equal word lengths the one with the most clear interactions is taken.
_MOST_EQUALS = 500


def minimum_aberration(factors: int, erased: int) -> tuple[Generator, ...]:
    """The generators of a fraction of minimum aberration.

    It has the fewest words of three letters, among such fractions the fewest of four, and so on,
    and so the highest resolution there is; among equals it has the most interactions of two factors
    that are clear of main effects and of each other. It is found by a beam search, one generator at
    a time.

    Source: Fries & Hunter 1980 for the criterion; Chen, Sun & Wu 1993 for the published fractions.

    Args:
        factors: the number of factors, k.
        erased: how many of them are set to products of others, p, 1 or more; k is below 2^(k-p).

    Examples:
        >>> minimum_aberration(5, 1)
        ((0, 1, 2, 3),)
        >>> minimum_aberration(5, 2)
        ((0, 1, 2), (1, 2))
    """
    basic = factors - erased
    products = [
        group
        for size in range(basic, 1, -1)
        for group in sorted(itertools.combinations(range(basic), size), reverse=True)
    ]
    masks = np.array([sum(1 << place for place in group) for group in products], dtype=np.int64)
    equals = _search(masks, factors=factors, erased=erased)[:_MOST_EQUALS]
    clear = [_clear_interactions(basic, masks[list(places)]) for places in equals]
    return tuple(products[place] for place in equals[int(np.argmax(clear))])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fractions:
    """Fractions with equally many generators.

    Args:
        places: for each fraction, which products its generators are, in their order.
        words: for each product of its generators, the empty one too, the basic factors in it as
            bits, `(n_fractions, n_words)`.
        generated: the number of generators in each of these products, `(n_words,)`.
        lengths: how many words of each length there are, `(n_fractions, n_factors + 1)`.
    """

    places: list[tuple[int, ...]]
    words: _Ints
    generated: _Ints
    lengths: NDArray[np.int32]


def _search(masks: _Ints, *, factors: int, erased: int) -> list[tuple[int, ...]]:
    """The fractions of the fewest short words, each as the places of its generators in `masks`."""
    fractions = _Fractions(
        places=[()],
        words=np.zeros((1, 1), dtype=np.int64),
        generated=np.zeros(1, dtype=np.int64),
        lengths=np.zeros((1, factors + 1), dtype=np.int32),
    )
    for _ in range(erased - 1):
        width = _MOST_WORDS // (2 * len(fractions.generated) * len(masks))
        parents, added, lengths = _extensions(fractions, masks)
        best = np.lexsort(lengths.T[::-1])[: max(1, min(_WIDTH, width))]
        fractions = _extended(fractions, parents[best], masks, added[best], lengths[best])
    parents, added, lengths = _extensions(fractions, masks)
    best = lengths[np.lexsort(lengths.T[::-1])[0]]
    equals = np.flatnonzero((lengths == best).all(axis=1))
    return [(*fractions.places[parents[n]], int(added[n])) for n in equals]


def _extensions(fractions: _Fractions, masks: _Ints) -> tuple[_Ints, _Ints, NDArray[np.int32]]:
    """Every fraction with one generator more.

    Returns:
        The number of the fraction that each extends, the place of the generator that is added,
        which comes after those there are, and how many words of each length it has.
    """
    last = np.array([places[-1] if places else -1 for places in fractions.places])
    parents, added = np.nonzero(np.arange(len(masks)) > last[:, np.newaxis])
    new = fractions.words[parents] ^ masks[added, np.newaxis]
    sizes = np.bitwise_count(new) + fractions.generated + 1
    lengths = fractions.lengths[parents]
    for length in range(lengths.shape[1]):
        lengths[:, length] += (sizes == length).sum(axis=1)
    return parents, added, lengths


def _extended(
    fractions: _Fractions, parents: _Ints, masks: _Ints, added: _Ints, lengths: NDArray[np.int32]
) -> _Fractions:
    words = fractions.words[parents]
    return _Fractions(
        places=[
            (*fractions.places[parent], int(place))
            for parent, place in zip(parents, added, strict=True)
        ],
        words=np.hstack([words, words ^ masks[added, np.newaxis]]),
        generated=np.concatenate([fractions.generated, fractions.generated + 1]),
        lengths=lengths,
    )


def _clear_interactions(basic: int, generators: _Ints) -> int:
    """How many interactions of two factors no main effect and no other of them is mixed with."""
    columns = [*(1 << np.arange(basic)), *generators]
    pairs = [first ^ second for first, second in itertools.combinations(columns, 2)]
    values, counts = np.unique([*columns, *pairs], return_counts=True)
    return int((counts[np.isin(values, pairs)] == 1).sum())
