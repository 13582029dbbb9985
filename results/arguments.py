"""The command line that the commands on a finished study share: a directory."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog.removeprefix('python -m ')}: {message} (see --help)\n")


def directory_parser(*, module: str, description: str) -> argparse.ArgumentParser:
    """A parser of a command on one study directory; mistakes are told in one line, exit code 2.

    Args:
        module: what `python -m` runs.
        description: what the command does, for `--help`.
    """
    parser = _Parser(prog=f"python -m {module}", description=description, allow_abbrev=False)
    parser.add_argument("directory", type=Path, help="a study directory, as runs/full-digits")
    return parser


def count(text: str) -> int:
    """A whole number of at least 1, for `add_argument(type=...)`."""
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def forgiving_stdout() -> None:
    """Let a terminal that can't show a sign show a question mark, rather than end the command."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
