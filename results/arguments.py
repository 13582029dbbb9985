"""The parts of a command line that the commands on a study directory share."""

import argparse
import sys
from typing import NoReturn

from results.storage.errors import ResultsError
from results.storage.remote import AnyPath, as_path


class OneLineParser(argparse.ArgumentParser):
    """A parser that reports a mistake in one line, and ends the process with exit code 2.

    Its `prog` is the command as people type it, with `python -m`.

    Examples:
        >>> import contextlib
        >>> parser = OneLineParser(prog="python -m results.summary")
        >>> with contextlib.redirect_stderr(sys.stdout), contextlib.suppress(SystemExit):
        ...     parser.parse_args(["--loud"])
        results.summary: unrecognized arguments: --loud (see --help)
    """

    def error(self, message: str) -> NoReturn:
        """End the process with exit code 2 and one line that says what is wrong."""
        self.exit(2, f"{self.prog.removeprefix('python -m ')}: {message} (see --help)\n")


def directory_parser(*, module: str, description: str) -> argparse.ArgumentParser:
    """A parser for a command on one study directory.

    At a mistake it prints one line and ends the process with exit code 2.

    Args:
        module: name of the module that `python -m` runs.
        description: text for `--help` that says what the command does.

    Examples:
        >>> parser = directory_parser(module="results.summary", description="Print a summary.")
        >>> parser.parse_args(["runs/smoke"]).directory
        PosixPath('runs/smoke')
    """
    parser = OneLineParser(prog=f"python -m {module}", description=description, allow_abbrev=False)
    parser.add_argument(
        "directory",
        type=directory,
        help="a study directory, as runs/full-digits or s3://bucket/full-digits",
    )
    return parser


def directory(text: str) -> AnyPath:
    """The path of a directory, on a disk or in a store, for `add_argument(type=...)`.

    Raises:
        argparse.ArgumentTypeError: the text is no path or address that can be used.

    Examples:
        >>> from results.arguments import directory
        >>> str(directory("memory://bucket/full-digits/"))
        'memory://bucket/full-digits'
    """
    try:
        text.encode()
        return as_path(text)
    except UnicodeEncodeError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no UTF-8 text") from error
    except ResultsError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def count(text: str) -> int:
    """The whole number, at least 1, that a text gives, for `add_argument(type=...)`.

    Raises:
        argparse.ArgumentTypeError: the text is no such number.

    Examples:
        >>> count("12")
        12
        >>> count("0")
        Traceback (most recent call last):
        argparse.ArgumentTypeError: '0' is not a whole number of at least 1
    """
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def forgiving_stdout() -> None:
    """Let stdout print a question mark for a character that the terminal lacks, not raise.

    Examples:
        >>> import contextlib, io
        >>> terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        >>> with contextlib.redirect_stdout(terminal):
        ...     forgiving_stdout()
        ...     print("none → range", end="", flush=True)
        >>> terminal.buffer.getvalue()
        b'none ? range'
    """
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
