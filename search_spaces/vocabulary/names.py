"""The one sentence with which an unknown name is refused, wherever it was given."""

import difflib
from collections.abc import Iterable


def unknown_name(kind: str, given: str, allowed: Iterable[str]) -> str:
    """The message for a name that is not allowed: the nearest allowed one first, then all."""
    names = list(allowed)
    nearest = difflib.get_close_matches(given, names, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ";"
    return f"unknown {kind} {given!r}{hint} allowed: {', '.join(names)}"
