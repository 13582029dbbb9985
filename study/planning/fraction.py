"""Fractions: part of all combinations, chosen so that what matters can still be told."""

import dataclasses
import math
from collections.abc import Iterable, Iterator

import numpy as np

from results.analysis.fraction import untold_claims
from results.statistics.aliases import alias_groups, cell_model
from search_spaces import Cell, Factor, Fraction, Space, SpaceError

# For each factor that varies, the place of a level among its levels.
Choice = tuple[int, ...]
# How many generators are tried for a regular fraction; the most promising ones come first.
_ATTEMPTS = 2000


def with_fraction(space: Space, part: int | None) -> Space:
    """The space with a fraction of its combinations, about one of `part`, as its design.

    Args:
        space: the space, whose own design is dropped.
        part: one of how many combinations is kept, at least 2; None for the smallest fraction that
            tells all main effects and two-factor interactions from each other.

    Raises:
        SpaceError: there is no such fraction, or it can't estimate a claim of the space.

    Examples:
        >>> from search_spaces import find_space
        >>> len(find_space("full").cells()), len(with_fraction(find_space("full"), 2).cells())
        (32, 16)
    """
    if part is None:
        clear = _smallest_clear(space)
        if clear is None:
            raise SpaceError(
                f"space {space.name!r}: no fraction tells all main effects and two-factor "
                "interactions from each other; run --design full, or choose one by --fraction N"
            )
        return dataclasses.replace(space, design=clear)
    chosen = _fraction(space, part)
    if chosen is None:
        allowed = ", ".join(map(str, _parts(_sizes(space)))) or "nothing: run --design full"
        raise SpaceError(
            f"--fraction {part}: too few levels to leave out so many combinations; for these "
            f"factors N can be {allowed}"
        )
    for claim, others in untold_claims(chosen.cells, space.claims):
        raise SpaceError(
            f"--fraction {part}: claim {claim.name!r} can't be judged, as {len(chosen.cells)} "
            f"cells can't tell {claim.factor} from {others or 'anything'}; take a smaller N, or "
            "narrow the factors with --set"
        )
    return dataclasses.replace(space, design=chosen)


def _smallest_clear(space: Space) -> Fraction | None:
    """The smallest fraction that is clear; None where none is."""
    clear = None
    columns = _columns(space.factors)
    sizes = _sizes(space)
    for part in _parts(sizes):
        fraction = _fraction(space, part) if part * columns <= math.prod(sizes) else None
        if fraction is not None and len(fraction.cells) >= columns and _is_clear(space, fraction):
            clear = fraction
    return clear


def _is_clear(space: Space, design: Fraction) -> bool:
    """Whether all main effects and two-factor interactions can be told from each other."""
    factors = {factor.name: factor.levels for factor in _varied(space)}
    cells = [tuple(cell.as_dict()[name] for name in factors) for cell in design.cells]
    return not alias_groups(cell_model(factors, cells))


def _columns(factors: Iterable[Factor]) -> int:
    """The number of coefficients: the mean, all main effects and two-factor interactions."""
    main = [len(factor.levels) - 1 for factor in factors]
    return 1 + sum(main) + (sum(main) ** 2 - sum(count**2 for count in main)) // 2


def _fraction(space: Space, part: int) -> Fraction | None:
    """The fraction of about one of `part` combinations; None where there is none."""
    cells = tuple(_cells(space, _choices(_sizes(space), part)))
    return Fraction(cells) if cells else None


def _varied(space: Space) -> list[Factor]:
    return [factor for factor in space.factors if len(factor.levels) > 1]


def _sizes(space: Space) -> list[int]:
    """The number of levels of each factor that varies."""
    return [len(factor.levels) for factor in _varied(space)]


def _parts(sizes: list[int]) -> list[int]:
    """All N for which there may be a fraction of one of N combinations.

    Of k factors of two levels, 2^m cells can tell at most 2^m - 1 main effects from each other.
    Elsewhere more sets than levels would leave sets empty; and the time to make them grows as N to
    the power of the number of factors.
    """
    if set(sizes) == {2}:
        counts = range(1, len(sizes))
        return [2**count for count in counts if 2 ** (len(sizes) - count) > len(sizes)]
    return list(range(2, max(sizes, default=1) + 1))


def _cells(space: Space, choices: list[Choice]) -> Iterator[Cell]:
    """The cells that have these levels, in the order of the full factorial."""
    varied = _varied(space)
    for choice in sorted(choices):
        levels = {f.name: f.levels[place] for f, place in zip(varied, choice, strict=True)}
        yield Cell.of({f.name: levels.get(f.name, f.levels[0]) for f in space.factors})


def _choices(sizes: list[int], part: int) -> list[Choice]:
    """The combinations of a fraction; none where there is no such fraction.

    It is a regular fraction where all factors have two levels, else a generalized subset.

    A regular fraction of 2^-p has the highest resolution there is. The other kind, by Surowiec et
    al. (2017), splits the levels of each factor into so many sets and takes those combinations of
    sets that form a Latin square; with half of two levels both kinds are the same.
    """
    if part not in _parts(sizes):
        return []
    # Imported here: it loads half a library, which only a fraction needs.
    from pydoe import fracfact, fracfact_opt, gsd

    try:
        if set(sizes) == {2}:
            n_erased = part.bit_length() - 1
            generator, _, _ = fracfact_opt(len(sizes), n_erased, max_attempts=_ATTEMPTS)
            places = (fracfact(generator) + 1) // 2
        else:
            # Its annotation says array, its check wants a list.
            places = gsd(sizes, part)  # pyright: ignore[reportArgumentType]
    except ValueError:
        return []
    return [tuple(row) for row in np.asarray(places, dtype=int).tolist()]
