"""What was measured and what it means: records, outcomes, summaries.

Needs neither Ray nor TensorFlow: someone with only the Parquet files can analyse a study.
"""

from results.errors import ResultsError, SchemaError
from results.outcome import Outcome, Thresholds, classify
from results.paths import StudyPaths
from results.record import Record, error_record, make_record
from results.remote import RemotePath, as_path
from results.study import Study, load_study

__all__ = [
    "Outcome",
    "Record",
    "RemotePath",
    "ResultsError",
    "SchemaError",
    "Study",
    "StudyPaths",
    "Thresholds",
    "as_path",
    "classify",
    "error_record",
    "load_study",
    "make_record",
]
