"""The errors of a study directory."""


class ResultsError(Exception):
    """A study directory can't be read or written; the message names the file and what to do."""


class SchemaError(ResultsError):
    """A file or row doesn't have the columns of this schema version."""


class StoreError(ResultsError):
    """An object store can't be reached or refuses: that says nothing of what is in a file."""
