"""What was measured and what it means: records, outcomes, summaries.

The package needs neither Ray nor TensorFlow: someone who has only the Parquet files can analyse a
study.
"""

from results.records.outcome import Outcome, Thresholds, classify, find_thresholds
from results.records.record import Origin, Record, error_record, make_record
from results.records.study import Study, load_study
from results.storage.errors import ResultsError, SchemaError
from results.storage.paths import StudyPaths
from results.storage.remote import RemotePath, as_path

__all__ = [
    "Origin",
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
    "find_thresholds",
    "load_study",
    "make_record",
]
