"""Fractions: part of all combinations, chosen so that what matters can still be told."""

import contextlib
import dataclasses
import math
import string
from collections.abc import Callable, Collection, Iterable, Iterator

import numpy as np

from results.analysis.fraction import single_loss, untold_claims
from results.statistics.aliases import alias_groups, cell_model
from search_spaces import Cell, Factor, Fraction, Space, SpaceError
from study.planning.regular import minimum_aberration

# For each factor that varies, the place of a level among its levels.
Choice = tuple[int, ...]
# From the numbers of factors of two levels, and of those that are products of others, to the
# generators of a regular fraction, as pyDOE writes them: "a b c ab".
_Generators = Callable[[int, int], str]
# How many generators were tried until there was a better choice.
_EARLIER_ATTEMPTS = 2000
# Of more factors of two levels all combinations are more than a study may have.
_MOST_FACTORS = 20


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
    return dataclasses.replace(space, design=_designed(space, part, _of_minimum_aberration))


def as_begun(space: Space, part: int | None, recorded: Collection[Cell]) -> Space:
    """The space with the fraction that its study began with.

    That is the one of earlier versions, which looked less far for the generators, if it has all the
    recorded cells and the present one hasn't; else the present one.

    Args:
        space: the space, with a fraction as its design.
        part: what the fraction was made from by `with_fraction`.
        recorded: the cells of the space that the study has records of.

    Examples:
        >>> from search_spaces import find_space
        >>> half = with_fraction(find_space("full"), 2)
        >>> as_begun(half, 2, half.cells()[:3]) == half
        True
    """
    if set(recorded) <= set(space.cells()):
        return space
    # What can't judge a claim now was refused then, too.
    with contextlib.suppress(SpaceError):
        earlier = _designed(space, part, _of_earlier_versions)
        if set(recorded) <= set(earlier.cells):
            return dataclasses.replace(space, design=earlier)
    return space


def sturdier_design(space: Space) -> str:
    """The options of the smallest design that tells more cells apart and can lose any of them.

    Args:
        space: a space whose design is a fraction.

    Examples:
        >>> from search_spaces import find_space
        >>> sturdier_design(with_fraction(find_space("full"), None))
        '--design full'
    """
    sizes = _sizes(space)
    for part in reversed(_parts(sizes)):
        fraction = _fraction(space, part, _of_minimum_aberration)
        if not fraction or len(fraction.cells) <= len(space.cells()):
            continue
        if _is_clear(space, fraction) and not single_loss(fraction.cells).fragile:
            return f"--fraction {part}"
    return "--design full"


def _designed(space: Space, part: int | None, generators: _Generators) -> Fraction:
    """The fraction, checked.

    Raises:
        SpaceError: there is no such fraction, or it can't estimate a claim of the space.
    """
    if part is None:
        clear = _smallest_clear(space, generators)
        if clear is None:
            raise SpaceError(
                f"space {space.name!r}: no fraction tells all main effects and two-factor "
                "interactions from each other; run --design full, or choose one by --fraction N"
            )
        return clear
    chosen = _fraction(space, part, generators)
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
    return chosen


def _smallest_clear(space: Space, generators: _Generators) -> Fraction | None:
    """The smallest fraction that is clear; None where none is."""
    clear = None
    columns = _columns(space.factors)
    sizes = _sizes(space)
    for part in _parts(sizes):
        if part * columns > math.prod(sizes):
            continue
        fraction = _fraction(space, part, generators)
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


def _fraction(space: Space, part: int, generators: _Generators) -> Fraction | None:
    """The fraction of about one of `part` combinations; None where there is none."""
    cells = tuple(_cells(space, _choices(_sizes(space), part, generators)))
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


def _choices(sizes: list[int], part: int, generators: _Generators) -> list[Choice]:
    """The combinations of a fraction; none where there is no such fraction.

    It is a regular fraction where all factors have two levels, else a generalized subset: by
    Surowiec et al. (2017), the levels of each factor are split into so many sets, and those
    combinations of sets taken that form a Latin square; with half of two levels both kinds are the
    same.
    """
    if part not in _parts(sizes):
        return []
    # Imported here: it loads half a library, which only a fraction needs.
    from pydoe import fracfact, gsd

    try:
        if set(sizes) == {2}:
            erased = part.bit_length() - 1
            places = (fracfact(generators(len(sizes), erased)) + 1) // 2
        else:
            # Its annotation says array, its check wants a list.
            places = gsd(sizes, part)  # pyright: ignore[reportArgumentType]
    except ValueError:
        return []
    return [tuple(row) for row in np.asarray(places, dtype=int).tolist()]


def _of_minimum_aberration(factors: int, erased: int) -> str:
    if factors > _MOST_FACTORS:
        raise ValueError(f"{factors} factors; allowed are {_MOST_FACTORS}")
    basic = [(place,) for place in range(factors - erased)]
    groups = [*basic, *minimum_aberration(factors, erased)]
    return " ".join("".join(string.ascii_lowercase[n] for n in group) for group in groups)


def _of_earlier_versions(factors: int, erased: int) -> str:
    from pydoe import fracfact_opt

    generators, _, _ = fracfact_opt(factors, erased, max_attempts=_EARLIER_ATTEMPTS)
    return generators
