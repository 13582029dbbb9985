"""Which code a study runs: the git checkout it stands in."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The commit of the code and whether files differ from it; None outside a checkout."""

    commit: str | None
    dirty: bool | None


def read_checkout(root: Path = _ROOT) -> Checkout:
    """The state of the checkout whose top is `root`.

    An installed package that merely lies inside someone else's checkout has no commit of its own.
    """
    top = _git(root, "rev-parse", "--show-toplevel")
    commit = _git(root, "rev-parse", "HEAD")
    if top is None or commit is None or Path(top).resolve() != root.resolve():
        return Checkout(commit=None, dirty=None)
    return Checkout(commit=commit, dirty=bool(_git(root, "status", "--porcelain")))


def _git(root: Path, *arguments: str) -> str | None:
    """What git answers, None where it doesn't."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()
