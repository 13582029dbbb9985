"""What a study declares, as kept beside its records in `study.json`."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, cast

import pandas as pd

from results.records.schema import SCHEMA_VERSION, factor_names, readable_version, trials_schema
from results.records.tuning import TunedCell, Tuning
from results.storage.errors import ResultsError, SchemaError, StoreError
from results.storage.files import rename, write_atomically
from results.storage.paths import StudyPaths
from search_spaces import (
    Claim,
    Endpoint,
    Factor,
    Full,
    Named,
    Protocol,
    Qualifier,
    RecordedModel,
    RecordedPair,
    Regime,
    Space,
    Trial,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The study as last planned in a directory: what pages and summaries show.

    Args:
        space, title: name and sentence of the space.
        dataset: what the data set is called.
        factors: name and levels of each factor, in declared order.
        protocol: setting to value.
        trial_ids: the planned trials with fixed settings; other records in the directory belong to
            the tuning or to earlier plans.
        models: recorded figures the study is held against, as the space declares them.
        claims: stated conclusions to judge, as the space declares them.
        runs: what each command that trained here ran on, the first one first.
        tuning: how cells were tuned and what was chosen; None where they were not.
    """

    space: str
    title: str
    dataset: str
    factors: tuple[tuple[str, tuple[str | float, ...]], ...]
    protocol: dict[str, Any]
    trial_ids: tuple[str, ...]
    models: tuple[dict[str, Any], ...] = ()
    claims: tuple[Claim, ...] = ()
    runs: tuple[dict[str, Any], ...] = ()
    tuning: Tuning | None = None

    @property
    def all_ids(self) -> tuple[str, ...]:
        """The planned trials, and those of the tuning."""
        tuning = self.tuning
        return (*self.trial_ids, *(tuning.tuning_ids + tuning.tuned_ids if tuning else ()))


def describe(space: Space, trials: Sequence[Trial]) -> Description:
    """The description of a plan; `trials` holds at least one.

    Raises:
        SchemaError: a factor has the name of a column of the records. Said here, where a study
            begins: no record of it could be stored.
    """
    trials_schema(trials[0].cell.as_dict())
    protocol = dataclasses.asdict(trials[0].protocol)
    return Description(
        space=space.name,
        title=space.title,
        dataset=protocol.pop("dataset"),
        factors=tuple((factor.name, factor.levels) for factor in space.factors),
        protocol=protocol,
        trial_ids=tuple(trial.id for trial in trials),
        models=tuple(
            {**dataclasses.asdict(model), "levels": dict(model.levels)} for model in space.models
        ),
        claims=space.claims,
    )


def write_description(paths: StudyPaths, description: Description) -> None:
    """Put the description into `study.json`."""
    document = {"schema_version": SCHEMA_VERSION, **dataclasses.asdict(description)}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    write_atomically(paths.description, lambda path: path.write_text(text, encoding="utf-8"))


def read_description(paths: StudyPaths) -> Description | None:
    """The description in `study.json`; None where there is no such file.

    Raises:
        SchemaError: the file was written with a later schema version.
        ResultsError: the file can't be read or isn't a description.
    """
    try:
        document: Any = json.loads(paths.description.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsError(f"{paths.description}: can't be read ({error})") from error
    if not isinstance(document, dict):
        raise ResultsError(f"{paths.description}: not a study description (no object)")
    fields = cast(dict[str, Any], document)
    readable_version(fields.pop("schema_version", None), paths.description)
    try:
        return _checked(Description(**{**fields, **_tuples(fields)}))
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(f"{paths.description}: not a study description ({error})") from error


def earlier_runs(paths: StudyPaths) -> tuple[dict[str, Any], ...]:
    """The runs in `study.json`, for the holder of the lock: a file that can't be read is set aside.

    Raises:
        SchemaError: the file was written with a later schema version.
        StoreError: its store can't be reached.
    """
    try:
        description = read_description(paths)
    except (SchemaError, StoreError):
        raise
    except ResultsError:
        rename(paths.description, "study.json.damaged")
        return ()
    return description.runs if description else ()


def _tuples(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON gives as lists."""
    return {
        "factors": tuple((name, tuple(levels)) for name, levels in fields["factors"]),
        "trial_ids": tuple(fields["trial_ids"]),
        "models": tuple(fields["models"]),
        # Since version 2.
        "claims": tuple(_claim(claim) for claim in fields.get("claims", ())),
        "runs": tuple(fields.get("runs", ())),
        # Since version 4.
        "tuning": _tuning(fields.get("tuning")),
    }


def _claim(fields: Mapping[str, Any]) -> Claim:
    """The claim that `dataclasses.asdict` took apart."""
    regime = fields["decided_on"]
    parts: dict[str, Any] = {
        "endpoint": Endpoint(fields["endpoint"]),
        "qualifier": Qualifier(fields["qualifier"]),
        "decided_on": None if regime is None else Regime(regime),
        "recorded": RecordedPair(**fields["recorded"]),
    }
    return Claim(**{**fields, **parts})


def _tuning(fields: Mapping[str, Any] | None) -> Tuning | None:
    """The tuning that `dataclasses.asdict` took apart."""
    if fields is None:
        return None
    cells = tuple(_tuned_cell(cell) for cell in fields["cells"])
    parts: dict[str, Any] = {"seeds": tuple(fields["seeds"]), "cells": cells}
    return Tuning(**{**fields, **parts})


def _tuned_cell(fields: Mapping[str, Any]) -> TunedCell:
    parts: dict[str, Any] = {
        "values": tuple(fields["values"]),
        "tuning_ids": tuple(tuple(keys) for keys in fields["tuning_ids"]),
        "tuned_ids": tuple(fields["tuned_ids"]),
        "pruned_at": tuple(fields.get("pruned_at", ())),
    }
    return TunedCell(**{**fields, **parts})


def _checked(found: Description) -> Description:
    """The description, if a space could have made it: what is read here goes into pages.

    Raises:
        TypeError, ValueError: none could; the message names the reason.
    """
    names = [name for name, _ in found.factors]
    _check_kind("text", str, [found.space, found.title, found.dataset, *names, *found.trial_ids])
    _check_kind("an object", dict, [found.protocol, *found.models, *found.runs])
    _check_kind("a hash", str, [found.protocol.get("dataset_hash")])
    for claim in found.claims:
        _check_kind("text", str, [claim.name, claim.text, claim.source, claim.factor])
        _check_kind("an object", dict, [claim.scope, claim.recorded.context])
    for model in found.models:
        _check_kind("text", str, [model.get("name")])
        _check_kind("an object", dict, [model.get("levels"), model.get("settings")])
        _check_kind("a number", float | int, [*model["settings"].values()])
        figures = [value for name, value in model.items() if name.endswith(("loss", "accuracy"))]
        _check_kind("a number", float | int | None, figures)
    if found.tuning:
        _check_tuning(found.tuning, found)
    Protocol(dataset=found.dataset, **found.protocol)
    Space(
        name=found.space,
        title=found.title,
        factors=tuple(Factor(name=name, levels=levels) for name, levels in found.factors),
        settings={},
        design=Named(models) if (models := _models(found)) else Full(),
        claims=found.claims,
        factory="",
        maths="",
    )
    return found


def _models(found: Description) -> tuple[RecordedModel, ...]:
    return tuple(RecordedModel(**model) for model in found.models)


def _check_tuning(tuning: Tuning, found: Description) -> None:
    _check_kind("text", str, [tuning.setting, tuning.sampler, tuning.dataset_hash])
    _check_kind("text", str, tuning.tuning_ids + tuning.tuned_ids)
    sizes = [tuning.values, tuning.train_size, tuning.validation_size, *tuning.seeds]
    _check_kind("a whole number", int, sizes)
    if tuning.setting not in found.protocol:
        raise ValueError(f"{tuning.setting!r} is tuned, and no setting of the protocol")
    for cell in tuning.cells:
        _check_kind("an object", dict, [cell.levels])
        if set(cell.levels) != {name for name, _ in found.factors}:
            raise ValueError(f"a tuned cell has the levels {dict(cell.levels)}")
        if len(cell.values) != len(cell.tuning_ids):
            raise ValueError("a tuned cell has other values than trainings")
        counts = [cell.spent, cell.epochs, cell.failed, cell.pruned, *cell.pruned_at]
        _check_kind("a whole number", int, counts)
        _check_kind("a number", float | int, [cell.low, cell.high, *cell.values])
        _check_kind("a number", float | int | None, [cell.chosen])


def _check_kind(what: str, kind: type | UnionType, values: Sequence[object]) -> None:
    for value in values:
        if not isinstance(value, kind):
            raise TypeError(f"{value!r} is not {what}")


def gathered_description(paths: StudyPaths, trials: pd.DataFrame) -> Description:
    """A description for a directory without `study.json`, from its rows of `trials` (1 or more).

    What was tuned, and how, no row tells: such trials are left out.
    """
    fixed = trials[trials["regime"].fillna(Regime.FIXED.value) == Regime.FIXED.value]
    trials = fixed if len(fixed) else trials
    factors = tuple(
        (name, tuple(sorted(trials[name].dropna().unique().tolist())))
        for name in factor_names(trials.columns)
    )
    return Description(
        space=paths.root.resolve().name,
        title="Gathered from the records; there is no study.json",
        dataset=", ".join(sorted(trials["dataset"].unique())),
        factors=factors,
        protocol={},
        trial_ids=tuple(trials["trial_id"]),
    )
