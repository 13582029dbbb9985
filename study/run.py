"""The command: `python -m study.run --space full` plans, trains, records and draws a study."""

import sys
from collections.abc import Sequence

from results.arguments import forgiving_stdout
from study.planning.options import read_options
from study.process.environment import prepare_driver
from study.process.imports import import_frozen


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code, see `study.running.command`."""
    forgiving_stdout()
    options = read_options(arguments)
    prepare_driver(local=options.address is None)
    # Imported only now, so that `--help` and mistaken options answer at once.
    import_frozen("study.running.command")
    from study.running.command import run_study

    return run_study(options, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
