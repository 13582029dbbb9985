"""Everything that is found out about a study, computed once for the report and the pages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from results.analysis.detection import smallest_that_matters
from results.analysis.examples import ImageQuality, analyse_images
from results.analysis.failures import (
    Conjunction,
    FailureEffect,
    failed_conjunctions,
    failure_effects,
)
from results.analysis.lattice import Lattice, make_lattice
from results.analysis.quality import Quality, analyse_quality
from results.choices.choices import Choices, find_choices
from results.claims.judgement import Judgement
from results.claims.judging import judge_claims
from results.claims.regimes import InRegimes, Regimes, compare_regimes
from results.records.answers import Errors, read_errors
from results.records.outcome import Outcome
from results.records.study import Study
from results.runs.effort import more_seconds, seconds_per_seed
from results.runs.runs import Runs
from results.runs.study import study_runs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Findings:
    """What the records of a study say.

    Args:
        runs: all runs there are, on which claims are judged.
        lattice: the cells and seeds that can be compared.
        conjunctions: the levels that fail together: where the failures lie.
        training: what each pair of levels does to training at all.
        quality: what each factor does to accuracy where everything trained.
        images: what single images tell; None where no healthy cell has predictions.
        judgements: what is found out about each claim of the space, at the fixed setting; its
            `overall` takes the trials at tuned settings in.
        choices: which choice matters most, which level of each, and which cell to take.
        tuned: what the trials at tuned settings say by themselves; None without any.
        regimes: each claim at the fixed setting and at tuned ones; none without tuned trials.

    Examples:
        >>> from results import load_study
        >>> findings = analyse(load_study(directory))
        >>> [effect.term for effect in findings.quality.effects]
        ['normalization', 'loss', 'normalization:loss']
    """

    runs: Runs
    lattice: Lattice
    conjunctions: tuple[Conjunction, ...]
    training: tuple[FailureEffect, ...]
    quality: Quality
    images: ImageQuality | None
    judgements: tuple[Judgement, ...]
    choices: Choices
    tuned: "Findings | None" = None
    regimes: tuple[InRegimes, ...] = ()


def analyse(study: Study) -> Findings:
    """Everything there is to find out about a study.

    Raises:
        ResultsError: a file of predictions is damaged.

    Examples:
        >>> from results import load_study
        >>> findings = analyse(load_study(directory))
        >>> len(findings.lattice.cells), findings.conjunctions, findings.tuned
        (4, (), None)
    """
    findings, tuning = _analyse_regime(study, study), study.description.tuning
    tuned_study = study.as_tuned()
    if tuned_study is None or tuning is None:
        return findings
    tuned = _analyse_regime(tuned_study, study)
    both = Regimes(fixed=findings.runs, tuned=tuned.runs, tuning=tuning)
    regimes = compare_regimes(both, findings.judgements, tuned.judgements)
    judgements = tuple(claim.fixed for claim in regimes)
    return replace(findings, judgements=judgements, tuned=tuned, regimes=regimes)


def _analyse_regime(study: Study, whole: Study) -> Findings:
    """What the trials of one regime say, those in `study.trials`.

    Args:
        study: the study of this regime.
        whole: the study of both.
    """
    lattice = make_lattice(study)
    errors = read_trained_errors(study)
    runs = study_runs(study, errors)
    judgements = judge_claims(runs, study.description.claims, smallest=smallest_that_matters(study))
    return Findings(
        runs=runs,
        lattice=lattice,
        conjunctions=failed_conjunctions(lattice),
        training=failure_effects(lattice),
        quality=analyse_quality(lattice, images=study.test_size),
        images=analyse_images(lattice, errors) if errors else None,
        judgements=with_training_time(judgements, runs, whole),
        choices=find_choices(runs),
    )


def with_training_time(
    judgements: Sequence[Judgement], runs: Runs, study: Study
) -> tuple[Judgement, ...]:
    """The judgements with the time that their `seeds_needed` would take in the cells they rest on.

    Args:
        judgements: what is found out about each claim.
        runs: the runs that the judgements rest on.
        study: the study of which these are runs.

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> runs = study_runs(study)
        >>> judged = judge_claims(runs, study.description.claims, smallest=0.001)
        >>> [judgement.seconds_needed for judgement in with_training_time(judged, runs, study)]
        [None, None]
    """
    seconds = seconds_per_seed(runs, study)
    return tuple(
        judgement
        if judgement.seeds_needed is None
        else replace(
            judgement,
            seconds_needed=more_seconds(judgement.seeds_needed, runs, judgement.cells, seconds),
        )
        for judgement in judgements
    )


def read_trained_errors(study: Study) -> Errors | None:
    """The errors of the trials that trained, those that are compared; None without any.

    Where each seed drew its own images there are none: trials were tested on different ones.

    Examples:
        >>> from results import load_study
        >>> len(read_trained_errors(load_study(directory)).by_trial)
        12
    """
    if study.resampled:
        return None
    trained = study.trials["outcome"] == Outcome.TRAINED.value
    ids = study.trials.loc[trained, "trial_id"].tolist()
    return read_errors(study.paths, ids) if ids else None
