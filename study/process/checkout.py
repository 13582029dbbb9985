"""Which code a study runs: the git checkout it stands in."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The commit of the code and whether files differ from it.

    Args:
        commit: the commit's full hash; None outside a checkout.
        dirty: whether a file differs from the commit; None outside a checkout.

    Examples:
        >>> Checkout(commit="55c34c4", dirty=True) == Checkout(commit="55c34c4", dirty=False)
        False
    """

    commit: str | None
    dirty: bool | None


def read_checkout(root: Path = _ROOT) -> Checkout:
    """The state of the checkout whose top is `root`.

    An installed package that merely lies inside someone else's checkout has no commit of its own.

    Args:
        root: the directory above the project's packages.

    Examples:
        >>> read_checkout(Path.cwd())  # an empty directory
        Checkout(commit=None, dirty=None)
    """
    top = _git(root, "rev-parse", "--show-toplevel")
    commit = _git(root, "rev-parse", "HEAD")
    if top is None or commit is None or Path(top).resolve() != root.resolve():
        return Checkout(commit=None, dirty=None)
    return Checkout(commit=commit, dirty=bool(_git(root, "status", "--porcelain")))


def _git(root: Path, *arguments: str) -> str | None:
    """The answer of git without blanks around it; None where git fails or isn't there."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()
