"""What a study declares, as kept beside its records in `study.json`."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

from results.errors import ResultsError, SchemaError
from results.files import write_atomically
from results.paths import StudyPaths
from results.schema import SCHEMA_VERSION, factor_names, trials_schema
from search_spaces import Space, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The study as last planned in a directory: what pages and summaries show.

    Args:
        space, title: name and sentence of the space.
        dataset: what the data set is called.
        factors: name and levels of each factor, in declared order.
        protocol: setting to value.
        trial_ids: the planned trials; other records in the directory belong to earlier plans.
        models: recorded figures the study is held against, as the space declares them.
    """

    space: str
    title: str
    dataset: str
    factors: tuple[tuple[str, tuple[str | float, ...]], ...]
    protocol: dict[str, Any]
    trial_ids: tuple[str, ...]
    models: tuple[dict[str, Any], ...] = ()


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
    )


def write_description(paths: StudyPaths, description: Description) -> None:
    """Put the description into `study.json`."""
    document = {"schema_version": SCHEMA_VERSION, **dataclasses.asdict(description)}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    write_atomically(paths.description, lambda path: path.write_text(text, encoding="utf-8"))


def read_description(paths: StudyPaths, trials: pd.DataFrame) -> Description:
    """The description in `study.json`, or one gathered from the rows where that file is missing.

    Args:
        paths: the study directory.
        trials: its `trials` table.

    Raises:
        SchemaError: the file was written with another schema version.
        ResultsError: the file can't be read or isn't a description.
    """
    try:
        document: Any = json.loads(paths.description.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _gather(paths, trials)
    except (OSError, ValueError) as error:
        raise ResultsError(f"{paths.description}: can't be read ({error})") from error
    if not isinstance(document, dict):
        raise ResultsError(f"{paths.description}: not a study description (no object)")
    fields = cast(dict[str, Any], document)
    version = fields.pop("schema_version", None)
    if version != SCHEMA_VERSION:
        raise SchemaError(
            f"{paths.description}: schema version {version}, this program reads {SCHEMA_VERSION}"
        )
    try:
        fields["factors"] = tuple((name, tuple(levels)) for name, levels in fields["factors"])
        fields["trial_ids"] = tuple(fields["trial_ids"])
        fields["models"] = tuple(fields["models"])
        return Description(**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(f"{paths.description}: not a study description ({error})") from error


def _gather(paths: StudyPaths, trials: pd.DataFrame) -> Description:
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
