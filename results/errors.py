"""The errors of a study directory."""


class ResultsError(Exception):
    """A study directory can't be read or written; the message names the file and what to do."""


class SchemaError(ResultsError):
    """A file or row doesn't have the columns of this schema version."""
