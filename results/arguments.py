"""The command line that the commands on a finished study share: one directory."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog.removeprefix('python -m ')}: {message} (see --help)\n")


def read_directory(arguments: Sequence[str], *, module: str, description: str) -> Path:
    """The study directory named; on a mistake one line on stderr and exit code 2.

    Args:
        arguments: of the command line.
        module: what `python -m` runs.
        description: what the command does, for `--help`.
    """
    parser = _Parser(prog=f"python -m {module}", description=description)
    parser.add_argument("directory", type=Path, help="a study directory, as runs/full-digits")
    return parser.parse_args(arguments).directory
