"""Everything that is found out about a study, computed once for the report and the pages."""

from dataclasses import dataclass

from results.analysis import Quality, analyse_quality
from results.answers import read_errors
from results.claims import Verdict, judge_claims
from results.failures import Conjunction, FailureEffect, failed_conjunctions, failure_effects
from results.image_analysis import ImageQuality, analyse_images
from results.lattice import Lattice, make_lattice
from results.study import Study


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Findings:
    """What the records of a study say.

    Args:
        lattice: the cells and seeds that can be compared.
        conjunctions: where its failures lie.
        training: what levels do to training at all.
        quality: what they do to quality where everything trained.
        images: what single images tell; None where no healthy cell has predictions.
        verdicts: on the space's claims.
    """

    lattice: Lattice
    conjunctions: tuple[Conjunction, ...]
    training: tuple[FailureEffect, ...]
    quality: Quality
    images: ImageQuality | None
    verdicts: tuple[Verdict, ...]


def analyse(study: Study) -> Findings:
    """Everything there is to find out.

    Raises:
        ResultsError: a file of predictions is damaged.
    """
    lattice = make_lattice(study)
    images = _analyse_images(study, lattice)
    return Findings(
        lattice=lattice,
        conjunctions=failed_conjunctions(lattice),
        training=failure_effects(lattice),
        quality=analyse_quality(
            lattice, images=int(study.trials["test_size"].max()) if len(study.trials) else 1
        ),
        images=images,
        verdicts=judge_claims(
            lattice,
            study.description.claims,
            image_variance=images.run_variance() if images else None,
        ),
    )


def _analyse_images(study: Study, lattice: Lattice) -> ImageQuality | None:
    healthy = zip(lattice.trial_ids, lattice.healthy, strict=True)
    ids = [trial for trials, trained in healthy if trained for trial in trials]
    errors = read_errors(study.paths, ids) if ids else None
    return None if errors is None else analyse_images(lattice, errors)
