"""The description of a study: what it declares, as kept beside its records in `study.json`."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, cast

import pandas as pd

from results.records.outcome import EARLIER, Thresholds, recorded_thresholds
from results.records.record import protocol_columns
from results.records.schema import SCHEMA_VERSION, factor_names, readable_version, trials_schema
from results.records.tuning import TunedCell, Tuning
from results.storage.errors import ResultsError, SchemaError, StoreError
from results.storage.files import rename, write_atomically
from results.storage.paths import StudyPaths
from search_spaces import (
    About,
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
    Seeding,
    Space,
    Trial,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A study as last planned in a directory; pages and summaries show it.

    Args:
        space: name of the space.
        title: the space's title, a sentence.
        dataset: name of the data set.
        factors: name and levels of each factor, in declared order.
        protocol: value of each protocol setting, the data set's name aside.
        trial_ids: ids of the planned trials with fixed settings; other records in the directory
            belong to the tuning or to earlier plans.
        models: models with recorded figures to compare the study with, as the space declares them.
        claims: stated conclusions to judge, as the space declares them.
        thresholds: from which test accuracy on a trial has learned, and what else separates
            outcomes.
        smallest: the smallest difference of test accuracies (0-1) that matters, as the space
            declares it; None if it doesn't.
        runs: for each command that trained here, in order, what it ran on.
        tuning: how cells were tuned and what was chosen; None if they were not tuned.

    Examples:
        >>> description = read_description(StudyPaths(directory))
        >>> description.space, description.dataset, len(description.trial_ids)
        ('smoke', 'digits', 12)
        >>> description.factors[0]
        ('normalization', ('none', 'range'))
    """

    space: str
    title: str
    dataset: str
    factors: tuple[tuple[str, tuple[str | float, ...]], ...]
    protocol: dict[str, Any]
    trial_ids: tuple[str, ...]
    models: tuple[dict[str, Any], ...] = ()
    claims: tuple[Claim, ...] = ()
    thresholds: Thresholds = EARLIER
    smallest: float | None = None
    runs: tuple[dict[str, Any], ...] = ()
    tuning: Tuning | None = None

    @property
    def all_ids(self) -> tuple[str, ...]:
        """Ids of the planned trials and of the trials of the tuning."""
        tuning = self.tuning
        return (*self.trial_ids, *(tuning.tuning_ids + tuning.tuned_ids if tuning else ()))


def describe(space: Space, trials: Sequence[Trial], thresholds: Thresholds) -> Description:
    """The description of a plan.

    Args:
        space: the space that declares the study.
        trials: the planned trials, one or more, all under one protocol.
        thresholds: what separates the outcomes of these trials.

    Raises:
        SchemaError: a factor has the name of a column of the records.

    Examples:
        >>> from search_spaces import find_space
        >>> stored, smoke = read_description(StudyPaths(directory)), find_space("smoke")
        >>> protocol = Protocol(dataset="digits", **stored.protocol)
        >>> describe(smoke, smoke.trials(protocol, seeds=range(3)), EARLIER) == stored
        True
    """
    # Checked here, where a study begins: no record of it could be stored.
    trials_schema(trials[0].cell.as_dict())
    protocol = protocol_columns(trials[0].protocol)
    del protocol["dataset"]
    return Description(
        space=space.name,
        title=space.title,
        dataset=trials[0].protocol.dataset,
        factors=tuple((factor.name, factor.levels) for factor in space.factors),
        protocol=protocol,
        trial_ids=tuple(trial.id for trial in trials),
        models=tuple(
            {**dataclasses.asdict(model), "levels": dict(model.levels)} for model in space.models
        ),
        claims=space.claims,
        thresholds=thresholds,
        smallest=space.smallest,
    )


def write_description(paths: StudyPaths, description: Description) -> None:
    """Write the description to `study.json`.

    Raises:
        ResultsError: the file can't be written.

    Examples:
        >>> from pathlib import Path
        >>> paths = StudyPaths(Path("copy"))
        >>> write_description(paths, read_description(StudyPaths(directory)))
        >>> json.loads(paths.description.read_text())["space"]
        'smoke'
    """
    document = {"schema_version": SCHEMA_VERSION, **dataclasses.asdict(description)}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    write_atomically(paths.description, lambda path: path.write_text(text, encoding="utf-8"))


def read_description(paths: StudyPaths) -> Description | None:
    """The description in `study.json`; None without such a file.

    Raises:
        SchemaError: the file was written with a later schema version.
        ResultsError: the file can't be read or isn't a description.

    Examples:
        >>> read_description(StudyPaths(directory)).protocol["test_size"]
        40
        >>> read_description(StudyPaths(directory / "nowhere")) is None
        True
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
    version = readable_version(fields.pop("schema_version", None), paths.description)
    try:
        return _checked(Description(**{**fields, **_typed(fields, version)}))
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(f"{paths.description}: not a study description ({error})") from error


def earlier_runs(paths: StudyPaths) -> tuple[dict[str, Any], ...]:
    """The runs in `study.json`; a file that can't be read is renamed to `study.json.damaged`.

    For the holder of the lock only.

    Raises:
        SchemaError: the file was written with a later schema version.
        StoreError: its store can't be reached or refuses.

    Examples:
        >>> from results import RemotePath
        >>> paths = StudyPaths(RemotePath("memory://earlier/study"))
        >>> paths.description.write_bytes(b"{")
        >>> earlier_runs(paths), [file.name for file in paths.root.glob("*")]
        ((), ['study.json.damaged'])
    """
    try:
        description = read_description(paths)
    except (SchemaError, StoreError):
        raise
    except ResultsError:
        rename(paths.description, "study.json.damaged")
        return ()
    return description.runs if description else ()


def gathered_description(paths: StudyPaths, trials: pd.DataFrame) -> Description:
    """A description for a directory without `study.json`, gathered from its records.

    Trials of a tuning are left out, unless there are no others: rows don't tell how cells were
    tuned.

    Args:
        paths: the study directory.
        trials: its rows of `trials`, one or more.

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> gathered = gathered_description(study.paths, study.trials)
        >>> gathered.space, gathered.dataset, gathered.factors[0]
        ('smoke-digits', 'digits', ('normalization', ('none', 'range')))
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
        thresholds=recorded_thresholds({str(n): value for n, value in trials.iloc[0].items()}),
    )


def _typed(fields: Mapping[str, Any], version: int) -> dict[str, Any]:
    """The fields of a `Description` that a file of this version doesn't give as they are."""
    return {
        "protocol": _protocol(fields["protocol"], version),
        "factors": tuple((name, tuple(levels)) for name, levels in fields["factors"]),
        "trial_ids": tuple(fields["trial_ids"]),
        "models": tuple(fields["models"]),
        # Files have these two since schema version 2.
        "claims": tuple(_claim(claim) for claim in fields.get("claims", ())),
        "runs": tuple(fields.get("runs", ())),
        # Files have it since schema version 4.
        "tuning": _tuning(fields.get("tuning")),
        # And these two since 6.
        "thresholds": Thresholds(**fields["thresholds"]) if version >= 6 else EARLIER,
        "smallest": fields["smallest"] if version >= 6 else None,
    }


def _protocol(settings: Mapping[str, Any], version: int) -> dict[str, Any]:
    """The protocol settings of a file of this schema version.

    Before 5 seeds were shared, and before 6 nothing was resampled.
    """
    seeding = settings["seeding"] if version >= 5 else Seeding.SHARED.value
    resample = settings["resample"] if version >= 6 else False
    return {**settings, "seeding": seeding, "resample": resample}


def _claim(fields: Mapping[str, Any]) -> Claim:
    """The claim whose fields `dataclasses.asdict` gave."""
    regime, about = fields["decided_on"], fields.get("about")
    parts: dict[str, Any] = {
        "endpoint": Endpoint(fields["endpoint"]),
        "qualifier": Qualifier(fields["qualifier"]),
        "decided_on": None if regime is None else Regime(regime),
        "about": None if about is None else About(about),
        "recorded": RecordedPair(**fields["recorded"]),
    }
    return Claim(**{**fields, **parts})


def _tuning(fields: Mapping[str, Any] | None) -> Tuning | None:
    """The tuning whose fields `dataclasses.asdict` gave."""
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


def _checked(description: Description) -> Description:
    """The description, if a space could have made it: pages show what is read here.

    Raises:
        TypeError, ValueError: no space could have made it; the message names the reason.
    """
    names = [name for name, _ in description.factors]
    texts = [description.space, description.title, description.dataset]
    _check_kind("text", str, [*texts, *names, *description.trial_ids])
    _check_kind("an object", dict, [description.protocol, *description.models, *description.runs])
    _check_kind("a hash", str, [description.protocol.get("dataset_hash")])
    for claim in description.claims:
        _check_kind("text", str, [claim.name, claim.text, claim.source, claim.factor])
        _check_kind("an object", dict, [claim.scope, claim.recorded.context])
    for model in description.models:
        _check_kind("text", str, [model.get("name")])
        _check_kind("an object", dict, [model.get("levels"), model.get("settings")])
        _check_kind("a number", float | int, [*model["settings"].values()])
        figures = [value for name, value in model.items() if name.endswith(("loss", "accuracy"))]
        _check_kind("a number", float | int | None, figures)
    if description.tuning:
        _check_tuning(description.tuning, description)
    thresholds = description.thresholds
    _check_kind("true or false", bool, [thresholds.declared])
    _check_kind("a number", float | int, [thresholds.trained, thresholds.stuck])
    Protocol(dataset=description.dataset, **description.protocol)
    Space(
        name=description.space,
        title=description.title,
        factors=tuple(Factor(name=name, levels=levels) for name, levels in description.factors),
        settings={},
        design=Named(models) if (models := _models(description)) else Full(),
        claims=description.claims,
        learned=thresholds.rule,
        smallest=description.smallest,
        factory="",
        maths="",
    )
    return description


def _models(description: Description) -> tuple[RecordedModel, ...]:
    return tuple(RecordedModel(**model) for model in description.models)


def _check_tuning(tuning: Tuning, description: Description) -> None:
    _check_kind("text", str, [tuning.setting, tuning.sampler, tuning.dataset_hash])
    _check_kind("text", str, tuning.tuning_ids + tuning.tuned_ids)
    sizes = [tuning.values, tuning.train_size, tuning.validation_size, *tuning.seeds]
    _check_kind("a whole number", int, sizes)
    if tuning.setting not in description.protocol:
        raise ValueError(f"{tuning.setting!r} is tuned, and no setting of the protocol")
    for cell in tuning.cells:
        _check_kind("an object", dict, [cell.levels])
        if set(cell.levels) != {name for name, _ in description.factors}:
            raise ValueError(f"a tuned cell has the levels {dict(cell.levels)}")
        if len(cell.values) != len(cell.tuning_ids):
            raise ValueError("a tuned cell has other values than trainings")
        counts = [cell.spent, cell.epochs, cell.failed, cell.pruned, *cell.pruned_at]
        _check_kind("a whole number", int, counts)
        _check_kind("a number", float | int, [cell.low, cell.high, *cell.values])
        _check_kind("a number", float | int | None, [cell.chosen])


def _check_kind(kind: str, type_: type | UnionType, values: Sequence[object]) -> None:
    """Raise a TypeError unless all values are of a type, which the error calls `kind`."""
    for value in values:
        if not isinstance(value, type_):
            raise TypeError(f"{value!r} is not {kind}")
