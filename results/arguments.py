"""The command line that the commands on a finished study share: a directory."""

import argparse
import sys
from typing import NoReturn

from results.storage.errors import ResultsError
from results.storage.remote import AnyPath, as_path


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
    parser.add_argument(
        "directory",
        type=directory,
        help="a study directory, as runs/full-digits or s3://bucket/full-digits",
    )
    return parser


def directory(text: str) -> AnyPath:
    """A directory here or in a store, for `add_argument(type=...)`."""
    try:
        text.encode()
        return as_path(text)
    except UnicodeEncodeError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no UTF-8 text") from error
    except ResultsError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


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
