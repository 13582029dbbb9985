"""The errors that reading or writing a study directory raises."""


class ResultsError(Exception):
    """A study directory can't be read or written; the message names the file and what to do.

    Examples:
        >>> from pathlib import Path
        >>> from results import load_study
        >>> load_study(Path("nowhere"))
        Traceback (most recent call last):
        results.storage.errors.ResultsError: nowhere: no records here; run `python -m study.run ...
    """


class SchemaError(ResultsError):
    """A file or row doesn't have the columns of this program's schema version.

    Examples:
        >>> from results.records.schema import readable_version
        >>> readable_version(99, "epochs/a.parquet")
        Traceback (most recent call last):
        results.storage.errors.SchemaError: epochs/a.parquet: written with schema version 99, ...
    """


class StoreError(ResultsError):
    """An object store can't be reached or refuses; the file itself may be in order.

    Examples:
        >>> from results import RemotePath
        >>> RemotePath("unheard-of://bucket/study").exists()
        Traceback (most recent call last):
        results.storage.errors.StoreError: unheard-of://bucket/study: the store can't be used ...
    """
