"""The one sentence with which an unknown name is refused, wherever it was given."""

import difflib
from collections.abc import Iterable


def unknown_name(kind: str, given: str, allowed: Iterable[str]) -> str:
    """The message that refuses a name: it offers the nearest allowed one, then lists all.

    Args:
        kind: the noun for what is named, as `factor`.
        given: the name that is refused.
        allowed: the names that would have been accepted, in the order in which they are listed.

    Examples:
        >>> unknown_name("colour", "gren", ["red", "green"])
        "unknown colour 'gren'; did you mean 'green'? allowed: red, green"
        >>> unknown_name("colour", "blue", ["red", "green"])
        "unknown colour 'blue'; allowed: red, green"
    """
    names = list(allowed)
    nearest = difflib.get_close_matches(given, names, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ";"
    return f"unknown {kind} {given!r}{hint} allowed: {', '.join(names)}"
