"""Did a conclusion change? From Python, or by `python -m results.compare OLD NEW`.

    compare_verdicts("runs/before", "runs/after")

Two study directories or two tables are judged by the rule of `docs/verdicts.md`, and their verdicts
held against each other, claim by claim.
"""
# pandas' stubs leave many results untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import argparse
import json
import math
import sys
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from results.analysis.detection import smallest_that_matters
from results.arguments import forgiving_stdout
from results.choices.changes import Change, ClaimChange, find_changes
from results.claims.claims_file import read_claims
from results.claims.deciding import Verdict
from results.claims.judgement import Judgement, named_places
from results.claims.judging import judge_claims
from results.claims.questions import check_rule
from results.compare_arguments import compare_parser
from results.records.study import load_study
from results.report.findings import read_trained_errors
from results.runs.runs import Runs
from results.runs.study import study_runs
from results.runs.table import Columns, check_known, read_runs
from results.statistics.conventions import ALPHA, SMALLEST_DIFFERENCE
from results.storage.errors import ResultsError
from results.storage.remote import AnyPath
from results.typed_table import TABLES, check_parts, named_factors, read_table
from search_spaces import Claim, Endpoint, SpaceError

COLUMNS = (
    *("claim", "change", "old", "new", "old_estimate", "old_low", "old_high", "new_estimate"),
    *("new_low", "new_high", "difference", "difference_low", "difference_high", "common"),
    "sentence",
)
SAME, BAD_INPUT, CHANGED, OPENED_OR_DECIDED = 0, 2, 3, 4

Source = pd.DataFrame | AnyPath | str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Side:
    """One of the two.

    Args:
        runs: its runs; larger responses are better.
        claims: the claims that it declares.
        smallest: the smallest difference that matters, of claims that don't name their own.
        records: the response of each run, by what tells it from the others.
        data: what tells its examples from any others; None where nothing does.
    """

    runs: Runs
    claims: tuple[Claim, ...]
    smallest: float | None
    records: Mapping[Hashable, float]
    data: object


def compare_verdicts(
    old: Source,
    new: Source,
    claims: Iterable[Claim] | None = None,
    *,
    columns: Columns | None = None,
    higher_is_better: bool = True,
    smallest: float | None = None,
    alpha: float = ALPHA,
) -> pd.DataFrame:
    """The verdicts on earlier and on later runs, claim by claim, and what became of each.

    Args:
        old: the earlier study directory or table, a data frame, `.csv` or `.parquet` file with one
            row a run.
        new: the later one, of the same kind.
        claims: what is said of two levels of a factor; None: the claims that each study declares.
        columns: which columns of the tables mean what; needed for tables.
        higher_is_better: whether larger responses of the tables are better.
        smallest: the smallest difference that matters, above 0, of claims that don't name their
            own; None: that of `judge_study` or `judge_table`.
        alpha: the chance, 0-1, that any claim of one side is decided wrongly.

    Returns:
        One row a claim: `claim`, its name; `change`: `same`, `changed`, `now decided`, `now open`
        or `only in one`; `old` and `new`, the verdicts, missing where there is none; `old_estimate`
        with its interval `old_low`, `old_high`, and the same of `new`; `difference`, new minus old,
        with its interval `difference_low`, `difference_high`, NaN where the same runs are in both;
        `common`, how many these are; `sentence`.

    Raises:
        ValueError: one is a table and the other a study, no claim is given or declared, a claim is
            about what neither has, or the arguments don't fit; the message says what is allowed.
        ResultsError: a study can't be read.

    Examples:
        >>> same = compare_verdicts(directory, directory)
        >>> same[["claim", "change", "old", "common"]]
                  claim change           old  common
        0  conclusion 1   same  inconclusive      12
        1  conclusion 3   same  inconclusive      12
    """
    check_rule(smallest=smallest, alpha=alpha)
    if _is_table(old) != _is_table(new):
        raise ValueError("one is a table and the other a study; allowed are two of a kind")
    given = None if claims is None else tuple(claims)
    if _is_table(old):
        if columns is None or given is None:
            raise ValueError("tables need columns=Columns(...) and claims=[...]")
        sides = [
            _table_side(source, given, columns, higher_is_better=higher_is_better)
            for source in (old, new)
        ]
    else:
        sides = [_study_side(source, given) for source in (old, new)]
    _check_claims(sides)
    judged = [_judge(side, smallest=smallest, alpha=alpha) for side in sides]
    common = _common_runs(sides[0].records, sides[1].records)
    same_data = sides[0].data is not None and sides[0].data == sides[1].data
    # Each drew its splits from the same data: they overlap, whatever their seeds.
    overlap = same_data and all(side.runs.split is not None for side in sides)
    changes = find_changes(
        *judged,
        independent=not common and not overlap,
        same_examples=same_data and not overlap,
    )
    rows = [_row(change, common, same_data=same_data, overlap=overlap) for change in changes]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _is_table(source: Source) -> bool:
    return isinstance(source, pd.DataFrame) or str(source).endswith(TABLES)


def _table_side(
    source: Source, claims: tuple[Claim, ...], columns: Columns, *, higher_is_better: bool
) -> _Side:
    frame = source if isinstance(source, pd.DataFrame) else _read_file(Path(str(source)), columns)
    runs = read_runs(frame, columns)
    keys = frame[[*columns.factors, columns.seed]].itertuples(index=False, name=None)
    known = runs.response[np.isfinite(runs.response)]
    is_accuracy = higher_is_better and len(known) and known.min() >= 0 and known.max() <= 1
    if columns.learned is None and any(claim.endpoint == Endpoint.TRAINED for claim in claims):
        raise ValueError("a claim about learning at all needs the column that says which runs did")
    return _Side(
        runs=runs if higher_is_better else replace(runs, response=-runs.response),
        claims=claims,
        smallest=SMALLEST_DIFFERENCE if is_accuracy else None,
        records=dict(zip(keys, frame[columns.response].tolist(), strict=True)),
        data=None,
    )


def _study_side(source: Source, claims: tuple[Claim, ...] | None) -> _Side:
    study = load_study(source if not isinstance(source, pd.DataFrame) else "")
    protocol = study.description.protocol
    return _Side(
        runs=study_runs(study, read_trained_errors(study)),
        claims=study.description.claims if claims is None else claims,
        smallest=smallest_that_matters(study),
        records=dict(
            zip(study.trials["trial_id"], study.trials["test_accuracy"].tolist(), strict=True)
        ),
        data=(protocol.get("dataset_hash"), study.test_size),
    )


def _common_runs(old: Mapping[Hashable, float], new: Mapping[Hashable, float]) -> int:
    """How many runs are in both.

    Of a study that was run once more a few come out alike by chance: these are no common ones.
    """
    matched = [key for key in old if key in new]
    alike = sum(old[key] == new[key] for key in matched)
    return alike if 2 * alike >= len(matched) else 0


def _check_claims(sides: Sequence[_Side]) -> None:
    """Refuse no claim at all, two that share a name, and those about what neither side has."""
    if not any(side.claims for side in sides):
        raise ValueError("no claim is given or declared; at least one is needed")
    by_name: dict[str, Claim] = {}
    for side in sides:
        names = [claim.name for claim in side.claims]
        for claim in side.claims:
            if names.count(claim.name) > 1:
                raise ValueError(
                    f"claim {claim.name!r} is there twice; give each a name of its own"
                )
            if by_name.setdefault(claim.name, claim) != claim:
                raise ValueError(
                    f"claim {claim.name!r} says one thing in the old and another in the new; give "
                    "the claims to judge both by"
                )
    factors = {
        name: list(
            dict.fromkeys(level for side in sides for level in side.runs.factors.get(name, ()))
        )
        for side in sides
        for name in side.runs.factors
    }
    for claim in by_name.values():
        check_known(f"factor of claim {claim.name!r}", claim.factor, list(factors))
        for level in (claim.better, claim.worse):
            if level not in factors[claim.factor]:
                known = [*map(str, factors[claim.factor])]
                check_known(f"level of {claim.factor} of claim {claim.name!r}", str(level), known)
                raise ValueError(
                    f"claim {claim.name!r}: level of {claim.factor} {level!r} is given as "
                    f"{type(level).__name__}, which it is not in the data"
                )


def _judge(side: _Side, *, smallest: float | None, alpha: float) -> tuple[Judgement, ...]:
    """What a side says of the claims of which it has both levels."""
    testable = [
        claim
        for claim in side.claims
        if {claim.better, claim.worse} <= set(side.runs.factors.get(claim.factor, ()))
    ]
    limit = side.smallest if smallest is None else smallest
    # Each claim has its share of the chance to be wrong, whether the other side has it or not.
    share = alpha * len(testable) / max(len(side.claims), 1)
    return judge_claims(side.runs, testable, smallest=limit, alpha=share)


def _row(change: ClaimChange, common: int, *, same_data: bool, overlap: bool) -> dict[str, object]:
    coverage = next(side.coverage for side in (change.new, change.old) if side)
    nothing = (math.nan, math.nan)
    ends = change.difference.interval(coverage) if change.difference else nothing
    row: dict[str, object] = {"claim": change.name, "change": change.change.value}
    for name, side in (("old", change.old), ("new", change.new)):
        low, high = side.interval if side else nothing
        row[name] = side.verdict.value if side else None
        row[f"{name}_estimate"] = side.difference.estimate if side and side.difference else math.nan
        row[f"{name}_low"], row[f"{name}_high"] = low, high
    row["difference"] = change.difference.estimate if change.difference else math.nan
    row["difference_low"], row["difference_high"] = ends
    row["common"] = common
    row["sentence"] = "; ".join(_words(change, row, same_data=same_data, overlap=overlap)) + "."
    return row


def _words(
    change: ClaimChange, row: dict[str, object], *, same_data: bool, overlap: bool
) -> Iterator[str]:
    """The parts of the sentence on a claim."""
    verdicts = [_verdict(side) for side in (change.old, change.new)]
    yield f"{change.name}: {' → '.join(verdicts)}, {change.change.value}"
    for name, side in (("old", change.old), ("new", change.new)):
        if side and side.difference:
            figures = [float(str(row[f"{name}_{end}"])) for end in ("estimate", "low", "high")]
            yield f"{name} {_figures(*figures)}"
    if not change.difference:
        return
    figures = [float(str(row[f"difference{end}"])) for end in ("", "_low", "_high")]
    place = " on these examples" if same_data and not overlap else ""
    yield f"new minus old {_figures(*figures)}{place}"
    if row["common"]:
        yield f"no interval of that, as {row['common']} runs are in both"
    elif overlap:
        yield "no interval of that, as both drew their splits from the same data"


def _verdict(side: Judgement | None) -> str:
    if side is None:
        return "not there"
    where = f" (confirmed with {named_places(side.where)})" if side.where else ""
    return f"{side.verdict.value}{where}"


def _figures(estimate: float, low: float, high: float) -> str:
    return f"{estimate:+.4g}" + ("" if math.isnan(low) else f" ({low:+.4g} to {high:+.4g})")


def main(arguments: Sequence[str]) -> int:
    """Run the command: 0 if no conclusion changed, 3, 4 or 2 as `--help` says."""
    options = compare_parser().parse_args(arguments)
    try:
        changes = _compared(options)
    except (ValueError, SpaceError, ResultsError) as error:
        sys.stderr.write(f"results.compare: {error}\n")
        return BAD_INPUT
    forgiving_stdout()
    if options.json:
        rows = [
            {name: None if pd.isna(value) else value for name, value in row.items()}
            for row in changes.to_dict("records")
        ]
        text = json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False)
        sys.stdout.write(f"{text}\n")
    else:
        sys.stdout.write("".join(f"{sentence}\n" for sentence in changes["sentence"]))
    return _gate(changes)


def _gate(changes: pd.DataFrame) -> int:
    found = set(changes["change"])
    if Change.CHANGED.value in found:
        return CHANGED
    alone = changes[changes["change"] == Change.ONLY_IN_ONE.value]
    verdicts = alone[["old", "new"]]
    is_decided = verdicts.notna() & (verdicts != Verdict.INCONCLUSIVE.value)
    moved = {Change.NOW_DECIDED.value, Change.NOW_OPEN.value} & found
    return OPENED_OR_DECIDED if moved or is_decided.any(axis=None) else SAME


def _compared(options: argparse.Namespace) -> pd.DataFrame:
    claims = None if options.claims is None else read_claims(options.claims)
    shared = {"smallest": options.smallest, "alpha": options.alpha}
    if not _is_table(options.old):
        for name in ("response", "factor", "learned", "lower_is_better"):
            if getattr(options, name):
                raise ValueError(
                    f"{options.old} is taken for a study, as it ends in neither "
                    f"{' nor '.join(TABLES)}; --{name.replace('_', '-')} is for tables"
                )
        return compare_verdicts(options.old, options.new, claims, **shared)
    for name in ("claims", "response"):
        if getattr(options, name) is None:
            raise ValueError(f"tables need --{name}")
    columns = Columns(
        factors=tuple(options.factor or named_factors(claims or ())),
        seed=options.seed,
        response=options.response,
        learned=options.learned,
    )
    return compare_verdicts(
        options.old,
        options.new,
        claims,
        columns=columns,
        higher_is_better=not options.lower_is_better,
        **shared,
    )


def _read_file(path: Path, columns: Columns) -> pd.DataFrame:
    frame = read_table(path)
    try:
        check_parts(frame, [*columns.factors, columns.seed, columns.response, columns.learned])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return frame


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
