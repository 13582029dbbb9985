"""Did a conclusion change: claims judged on earlier and on later runs, beside each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from results.claims.deciding import Verdict
from results.claims.judgement import Judgement
from results.statistics.comparisons.difference import Difference
from results.statistics.error import StandardError, independent_error


class Change(StrEnum):
    """What became of a conclusion.

    Examples:
        >>> [str(change) for change in Change]
        ['same', 'changed', 'now decided', 'now open', 'only in one']
    """

    SAME = "same"
    CHANGED = "changed"  # decided then, and decided otherwise now
    NOW_DECIDED = "now decided"
    NOW_OPEN = "now open"
    ONLY_IN_ONE = "only in one"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimChange:
    """A claim on earlier and on later runs.

    Args:
        name: the claim's name.
        old, new: what the earlier and the later runs say of it; None where they don't have it, or
            don't have both its levels.
        change: what became of the conclusion.
        difference: the later difference minus the earlier one; None where one of them has none. Its
            error isn't known where the same runs are in both.

    Examples:
        >>> ClaimChange(
        ...     name="1", old=None, new=None, change=Change.ONLY_IN_ONE, difference=None
        ... ).is_decided
        False
    """

    name: str
    old: Judgement | None
    new: Judgement | None
    change: Change
    difference: Difference | None

    @property
    def is_decided(self) -> bool:
        """Whether the claim is decided in one of them."""
        return any(side is not None and _is_decided(side) for side in (self.old, self.new))


def find_changes(
    old: Sequence[Judgement],
    new: Sequence[Judgement],
    *,
    independent: bool,
    same_examples: bool,
) -> tuple[ClaimChange, ...]:
    """What became of each claim, those of the earlier runs first.

    Args:
        old: what the earlier runs say of their claims.
        new: what the later runs say of theirs; claims are matched by name.
        independent: whether no run is in both.
        same_examples: whether both were tested on the same examples. Then the change is about
            these: a difference on new ones holds luck with examples that both share.

    Examples:
        >>> from results.claims.judging import judge_claims
        >>> from results import load_study
        >>> from results.runs.study import study_runs
        >>> study = load_study(directory)
        >>> judged = judge_claims(study_runs(study), study.description.claims, smallest=0.001)
        >>> changes = find_changes(judged, judged[:1], independent=False, same_examples=True)
        >>> [str(found.change) for found in changes]
        ['same', 'only in one']
    """
    olds = {judgement.claim.name: judgement for judgement in old}
    news = {judgement.claim.name: judgement for judgement in new}
    return tuple(
        ClaimChange(
            name=name,
            old=olds.get(name),
            new=news.get(name),
            change=_change(olds.get(name), news.get(name)),
            difference=_difference(
                olds.get(name),
                news.get(name),
                independent=independent,
                same_examples=same_examples,
            ),
        )
        for name in dict.fromkeys([*olds, *news])
    )


def _is_decided(judgement: Judgement) -> bool:
    """Whether something is surely said, that it depends too."""
    return judgement.verdict is not Verdict.INCONCLUSIVE


def _change(old: Judgement | None, new: Judgement | None) -> Change:
    if old is None or new is None:
        return Change.ONLY_IN_ONE
    match _is_decided(old), _is_decided(new):
        case False, True:
            return Change.NOW_DECIDED
        case True, False:
            return Change.NOW_OPEN
        case _:
            # What depends on other levels now is another conclusion.
            is_same = old.verdict is new.verdict and old.where == new.where
            return Change.SAME if is_same else Change.CHANGED


def _difference(
    old: Judgement | None, new: Judgement | None, *, independent: bool, same_examples: bool
) -> Difference | None:
    if old is None or new is None:
        return None
    before, after = (
        (side.these if same_examples and side.these else side.difference) for side in (old, new)
    )
    if before is None or after is None:
        return None
    error = StandardError(value=math.nan, df=math.inf)
    if independent:
        errors = (before.error, after.error)
        error = independent_error([part.value**2 for part in errors], [part.df for part in errors])
    return Difference(estimate=after.estimate - before.estimate, error=error)
