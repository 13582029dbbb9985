"""What was measured and what it means: records, outcomes, summaries.

Needs neither Ray nor TensorFlow: someone with only the Parquet files can analyse a study.
"""

from results.errors import ResultsError, SchemaError
from results.outcome import Outcome, Thresholds, classify
from results.paths import StudyPaths
from results.record import Record, error_record, make_record
from results.study import Study, load_study

__all__ = [
    "Outcome",
    "Record",
    "ResultsError",
    "SchemaError",
    "Study",
    "StudyPaths",
    "Thresholds",
    "classify",
    "error_record",
    "load_study",
    "make_record",
]
