"""A study as read back from its directory: the input of every analysis and every page."""

import dataclasses
from dataclasses import dataclass

import pandas as pd

from results.records.description import Description, gathered_description, read_description
from results.records.outcome import EARLIER, Outcome, outcome_by_height
from results.records.store import read_epochs, read_images, read_predictions, read_trials
from results.storage.errors import ResultsError
from results.storage.paths import StudyPaths
from results.storage.remote import AnyPath, as_path
from search_spaces import Seeding


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """The records of the planned trials of a study directory.

    In `trials`, `tuned` and `tuning`, factor columns are ordered categoricals in declared level
    order, and rows are sorted by cell and seed.

    Args:
        paths: the paths of the directory.
        description: what the study declares.
        trials: the `trials` rows of the planned trials with fixed settings; fewer rows than
            `description.trial_ids` mean that not all have run.
        tuned: the `trials` rows of the trials at the settings that tuning has chosen.
        tuning: the `trials` rows of the trials that only served to choose these settings; they are
            never part of an effect.
        epochs: the `epochs` rows of `trials`; a trial that raised has none.
        images: the test images of the planned data set; no rows if they were not stored.
        others: number of records in the directory that belong to other plans.

    Examples:
        >>> study = load_study(directory)
        >>> study.varied, len(study.trials), len(study.predictions)
        (('normalization', 'loss'), 12, 480)
        >>> study.trials.groupby("normalization", observed=True)["test_accuracy"].mean().round(4)
        normalization
        none     0.9167
        range    0.9708
        Name: test_accuracy, dtype: float64
    """

    paths: StudyPaths
    description: Description
    trials: pd.DataFrame
    tuned: pd.DataFrame
    tuning: pd.DataFrame
    epochs: pd.DataFrame
    images: pd.DataFrame
    others: int

    @property
    def predictions(self) -> pd.DataFrame:
        """The `predictions` rows of `trials`, by far the largest table; read anew at each call.

        Raises:
            ResultsError: a file can't be read.
        """
        return read_predictions(self.paths, self.finished)

    @property
    def finished(self) -> tuple[str, ...]:
        """Ids of the trials in `trials` that did not raise an error."""
        # A trial that raised may have left rows of an earlier, unfinished writing.
        finished = self.trials["outcome"] != Outcome.ERROR.value
        return tuple(self.trials.loc[finished, "trial_id"])

    def as_tuned(self) -> "Study | None":
        """The study with `tuned` in place of `trials`; None if `tuned` has no rows."""
        tuning = self.description.tuning
        if tuning is None or self.tuned.empty:
            return None
        description = dataclasses.replace(self.description, trial_ids=tuning.tuned_ids, tuning=None)
        return dataclasses.replace(self, description=description, trials=self.tuned)

    @property
    def seeding(self) -> Seeding:
        """What the runs were drawn from; shared seeds if some are and there is no `study.json`."""
        declared = self.description.protocol.get("seeding")
        if declared:
            return Seeding(declared)
        all_own = (self.trials["seeding"] == Seeding.OWN.value).all()
        return Seeding.OWN if all_own else Seeding.SHARED

    @property
    def resampled(self) -> bool:
        """Whether each seed drew images of its own; False without `study.json` if only some did."""
        declared = self.description.protocol.get("resample")
        if declared is not None:
            return bool(declared)
        return bool(self.trials["resample"].eq(True).all())

    @property
    def test_size(self) -> int:
        """The number of test images; of several protocols the largest, and 1 without any trial."""
        return int(self.trials["test_size"].max()) if len(self.trials) else 1

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors, in declared order."""
        return tuple(name for name, _ in self.description.factors)

    @property
    def varied(self) -> tuple[str, ...]:
        """Names of the factors that have more than one level."""
        return tuple(name for name, levels in self.description.factors if len(levels) > 1)


def load_study(directory: AnyPath | str) -> Study:
    """Read a study directory.

    Without `study.json`, all records but those of a tuning count as planned.

    Args:
        directory: the study directory, on a disk or in a store.

    Raises:
        ResultsError: there is no such directory, nothing is recorded, or a file can't be read.
        SchemaError: a file has a later schema version, or a factor changed its type.

    Examples:
        >>> study = load_study(directory)
        >>> study.description.space, study.factors[0], study.others
        ('smoke', 'normalization', 0)
    """
    paths = StudyPaths(as_path(directory) if isinstance(directory, str) else directory)
    recorded = read_trials(paths)
    if recorded.empty:
        raise ResultsError(
            f"{directory}: no records here; run `python -m study.run --out {directory}` first"
        )
    description = read_description(paths) or gathered_description(paths, recorded)
    tuning = description.tuning
    recorded = _judged_by(recorded, description, paths)
    trials, tuned, tuning_trials = (
        _ordered(recorded[recorded["trial_id"].isin(ids)], description)
        for ids in (
            description.trial_ids,
            tuning.tuned_ids if tuning else (),
            tuning.tuning_ids if tuning else (),
        )
    )
    finished = trials.loc[trials["outcome"] != Outcome.ERROR.value, "trial_id"]
    # A gathered description has no protocol.
    dataset_hash = description.protocol.get("dataset_hash", recorded["dataset_hash"].iloc[0])
    return Study(
        paths=paths,
        description=description,
        trials=trials,
        tuned=tuned,
        tuning=tuning_trials,
        epochs=read_epochs(paths, list(finished)),
        images=read_images(paths, dataset_hash),
        others=int((~recorded["trial_id"].isin(description.all_ids)).sum()),
    )


def _judged_by(recorded: pd.DataFrame, description: Description, paths: StudyPaths) -> pd.DataFrame:
    """The rows, those of planned trials with the outcome that the study's thresholds give them.

    Trials of a tuning keep theirs: they were tested on other images.
    """
    tuning, thresholds = description.tuning, description.thresholds
    ids = [*description.trial_ids, *(tuning.tuned_ids if tuning else ())]
    by_height = [Outcome.TRAINED, Outcome.PARTIAL, Outcome.COLLAPSED, Outcome.STUCK]
    otherwise = (recorded["learned_from"].fillna(EARLIER.trained) != thresholds.trained) | (
        recorded["stuck_below"].fillna(EARLIER.stuck) != thresholds.stuck
    )
    changed = recorded["trial_id"].isin(ids) & recorded["outcome"].isin(by_height) & otherwise
    if not changed.any():
        return recorded
    rows = recorded[changed]
    highest = read_epochs(paths, list(rows["trial_id"])).groupby("trial_id")["test_accuracy"].max()
    outcomes = [
        outcome_by_height(final, highest.get(key, final), thresholds).value
        for key, final in zip(rows["trial_id"], rows["test_accuracy"], strict=True)
    ]
    judged = recorded["outcome"].mask(changed, pd.Series(outcomes, rows.index))
    return recorded.assign(outcome=judged)


def _ordered(trials: pd.DataFrame, description: Description) -> pd.DataFrame:
    """The trials with factors in declared level order, sorted by cell and seed."""
    by = [name for name, _ in description.factors]
    # A factor that no record has yet gets an empty column.
    trials = trials.reindex(columns=trials.columns.union(by, sort=False))
    columns = {
        name: pd.Categorical(trials[name], categories=list(levels), ordered=True)
        for name, levels in description.factors
    }
    return trials.assign(**columns).sort_values([*by, "seed"], ignore_index=True)
