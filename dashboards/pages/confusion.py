"""What the confusion page shows: matrices, recall and misread images, as its scripts read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.tables.confusion import read_confusions
from dashboards.tables.embedding import embedded_confusions
from results import Study
from results.report.findings import Findings
from results.statistics.conventions import COVERAGE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConfusionContent:
    """What the confusion page shows.

    Args:
        data: what scripts read, ready for JSON, as `embedded_confusions` gives it.
        missing: how many recorded trials left no predictions.
        coverage: the coverage of the intervals of recall, 0-1.
    """

    data: Mapping[str, Any]
    missing: int
    coverage: float


def confusion_content(study: Study, findings: Findings) -> ConfusionContent:
    """Everything that the confusion page of a study shows.

    Raises:
        ResultsError: a file of predictions is damaged.
    """
    confusions = read_confusions(study, findings)
    networks = sum(len(cell.networks) for cell in confusions.cells)
    return ConfusionContent(
        data=embedded_confusions(confusions, study.images),
        missing=len(study.trials) - networks,
        coverage=COVERAGE,
    )
