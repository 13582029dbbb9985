"""The command line of `study.run`, read and checked. Loads nothing heavy."""

import argparse
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from results.arguments import OneLineParser, count, directory
from results.storage.remote import AnyPath
from search_spaces import (
    DESIGNS,
    SPACES,
    Above,
    Seeding,
    SpaceError,
    find_space,
    parse_learned,
)
from study.process.rounding import KERNELS
from study.tuning.budget import SAMPLERS, Budget

_SPACES = "\n".join(f"  {name:10}{space.title}" for name, space in SPACES.items())
_EPILOG = f"""\
spaces:
{_SPACES}

examples:
  python -m study.run --space smoke --dataset digits      four cells, about a minute
  python -m study.run --space full --dataset digits       all 32 cells, a few minutes
  python -m study.run --space full --seeds 5 --dry-run    what would run, and for how long
  python -m study.run --space full --epochs 1 --train-size 6000 --test-size 2000
  python -m study.run --space extended --design fraction --dataset digits --dry-run
  python -m study.run --space examples/dropout.py --dataset digits   a space of your own
  python -m study.run --space full --set optimizer=sgd --set learning_rate=0.01
  python -m study.run --space tuned --dataset digits --seeds 3 --set loss=mse --dry-run

Running a command again trains only what is missing; Ctrl-C keeps every finished trial.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user asked for; None where the space's default holds.

    Args:
        space: the name of a declared space, or the path of a file that declares one.
        dataset: `mnist`, `digits` or the path of a `.npz` file.
        seeds: the number of seeds; they are 0 to seeds - 1.
        seeding: the name of a `Seeding`; None for that of the study's records, or `own`.
        resample: whether each seed draws training and test images of its own.
        learned: from where on a run has learned; None for what the study began with, or what the
            space declares.
        design: one of `DESIGNS`; None for the one that the space declares.
        baseline: the level of each factor that `--baseline` names, as typed.
        fraction: one of how many combinations is kept; None for the smallest fraction that tells
            main effects and two-factor interactions apart.
        epochs, train_size, test_size: the protocol settings that have options of their own.
        tune: whether the user asked to tune; a space may say so by itself.
        tune_values, tune_seeds, sampler: the parts of each cell's budget; None where the default of
            `Budget` holds.
        prune: whether trainings that tune may be stopped early.
        settings: the text of each name that `--set` gives: of a protocol setting its value, of a
            factor the levels to keep.
        out: the study directory; None for `runs/<space>-<dataset>`, with `-resampled` behind it if
            images are.
        address: where a running Ray cluster is; None for a local one.
        workers: the number of trials at a time; None for one per CPU.
        gpus_per_trial: a part of a GPU, or a whole number of them; 0 for none.
        tf32: whether GPUs may round to TF32.
        kernel: one of `KERNELS`; None for that of the study's records, or the first.
        save_models: whether to keep the model file of each trial.
        dry_run: whether to print the plan and train nothing.

    Examples:
        >>> options = read_options(["--space", "full", "--tune-values", "5"])
        >>> options.dataset, options.seeds, options.epochs
        ('mnist', 1, None)
        >>> options.budget.values, options.budget.seeds
        (5, 2)
    """

    space: str
    dataset: str
    seeds: int
    seeding: str | None
    resample: bool
    learned: Above | None
    design: str | None
    baseline: Mapping[str, str]
    fraction: int | None
    epochs: int | None
    train_size: int | None
    test_size: int | None
    tune: bool
    tune_values: int | None
    tune_seeds: int | None
    sampler: str | None
    prune: bool
    settings: Mapping[str, str]
    out: AnyPath | None
    address: str | None
    workers: int | None
    gpus_per_trial: float
    tf32: bool
    kernel: str | None
    save_models: bool
    dry_run: bool

    @property
    def budget(self) -> Budget:
        """What each cell may spend on tuning."""
        parts = {"values": self.tune_values, "seeds": self.tune_seeds, "sampler": self.sampler}
        typed: dict[str, Any] = {name: part for name, part in parts.items() if part is not None}
        return Budget(**typed, prune=self.prune)


def read_options(arguments: Sequence[str]) -> Options:
    """The options in these arguments of the command.

    Args:
        arguments: the arguments as typed, without the name of the command.

    Raises:
        SystemExit: an argument is wrong, which one line on stderr tells (code 2); or `--help` was
            asked for (code 0).

    Examples:
        >>> options = read_options("--space smoke --epochs 3 --set batch_size=50".split())
        >>> options.epochs, options.settings
        (3, {'batch_size': '50'})
    """
    parser = _parser()
    values, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.refuse_unknown(unknown[0])
    if values.tf32 and not values.gpus_per_trial:
        parser.error("--tf32 needs --gpus-per-trial")
    values.settings = dict(values.settings)
    values.baseline = dict(values.baseline)
    return Options(**vars(values))


class _Parser(OneLineParser):
    """A parser that names the nearest option when it refuses an unknown one."""

    def refuse_unknown(self, argument: str) -> NoReturn:
        """Refuse an argument that is no option, naming the nearest one."""
        options = [option for action in self._actions for option in action.option_strings]
        nearest = difflib.get_close_matches(argument.partition("=")[0], options, n=1)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        self.error(f"unknown argument {argument!r}{hint}")


def _parser() -> _Parser:
    parser = _Parser(
        prog="python -m study.run",
        description="Train every combination of a few choices, each with several seeds, record "
        "everything, and say what trained and how well.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    # In the order in which `--help` shows them.
    _add_subject(parser)
    _add_seeds(parser)
    _add_tuning(parser)
    _add_protocol(parser)
    _add_execution(parser)
    return parser


def _add_subject(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what to study")
    what.add_argument(
        "--space",
        type=_space,
        required=True,
        metavar="NAME",
        help=f"{', '.join(SPACES)}: see below; or FILE.py, a space of your own",
    )
    what.add_argument(
        "--dataset",
        default="mnist",
        metavar="NAME",
        help="mnist (default; found in STUDY_DATA, Keras' cache, or downloaded), digits (1,797 "
        "real digits, nothing to download), or FILE.npz with x_train, y_train, x_test, y_test",
    )
    what.add_argument(
        "--learned",
        type=_learned,
        metavar="ACCURACY",
        help="the test accuracy, 0-1, from which on a run has learned; constant: where it is "
        "surely better than the best constant answer (as the study began, else as the space "
        "declares, else constant); nothing is trained again for another one",
    )
    what.add_argument(
        "--design",
        choices=DESIGNS,
        help="full: every combination; one-at-a-time: a baseline and each cell that departs from "
        "it in one factor, which tells nothing of interactions; fraction: part of all "
        "combinations; the plan says what it can't tell (as the space declares)",
    )
    what.add_argument(
        "--baseline",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=LEVEL",
        help="a level of the one-at-a-time baseline (the first level of each factor)",
    )
    what.add_argument(
        "--fraction",
        type=_part,
        metavar="N",
        help="with --design fraction, about one of N combinations (the largest N with which all "
        "main effects and two-factor interactions can be told from each other)",
    )


def _add_seeds(parser: argparse.ArgumentParser) -> None:
    seeds = parser.add_argument_group("how often, and what a seed changes")
    seeds.add_argument(
        "--seeds", type=count, default=1, metavar="N", help="train every cell with N seeds (1)"
    )
    seeds.add_argument(
        "--seeding",
        choices=[seeding.value for seeding in Seeding],
        help="own: weights, order of images and noise of a run are drawn from its cell and seed, "
        "so runs of different cells are independent, no seed favours a level everywhere, and few "
        "seeds tell much; shared: from the seed alone, so cells with the same seed go together and "
        "the seed is the unit (as recorded in the study, else own)",
    )
    seeds.add_argument(
        "--resample",
        action="store_true",
        help="each seed draws training and test images of its own from all images, the same for "
        "all cells: verdicts are about new data of the same source, not about this split",
    )


def _add_tuning(parser: argparse.ArgumentParser) -> None:
    default = Budget()
    tuning = parser.add_argument_group(
        "what is tuned in each cell",
        "Besides the trials at one learning rate for all: learning rates are tried on a part of "
        "the training images, and the best one of each cell is trained and tested with every seed.",
    )
    tuning.add_argument(
        "--tune", action="store_true", help="tune (the space `tuned` does so without being asked)"
    )
    tuning.add_argument(
        "--tune-values",
        type=count,
        metavar="N",
        help=f"learning rates to try in each cell ({default.values})",
    )
    tuning.add_argument(
        "--tune-seeds", type=count, metavar="N", help=f"seeds to try each with ({default.seeds})"
    )
    tuning.add_argument(
        "--sampler",
        choices=SAMPLERS,
        help="how they are looked for in their range: qmc, evenly (default); random; grid, from "
        "end to end; tpe, near those that did well",
    )
    tuning.add_argument(
        "--prune",
        action="store_true",
        help="stop the trainings of a rate that does worse than the median of those trained to the "
        "end; saves epochs, but which are stopped depends on which end first, so that a rerun may "
        "choose another rate. Trials at the fixed or the chosen rate are never stopped",
    )


def _add_protocol(parser: argparse.ArgumentParser) -> None:
    fixed = parser.add_argument_group("what is held fixed")
    fixed.add_argument("--epochs", type=count, metavar="N", help="passes over the training images")
    fixed.add_argument("--train-size", type=count, metavar="N", help="draw N training images")
    fixed.add_argument("--test-size", type=count, metavar="N", help="draw N test images")
    fixed.add_argument(
        "--set",
        dest="settings",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a protocol setting (learning_rate=0.01, batch_size=50, ...), or a factor held at one "
        "or some of its levels (optimizer=sgd, activation=relu,sigmoid)",
    )


def _add_execution(parser: argparse.ArgumentParser) -> None:
    where = parser.add_argument_group("where and how")
    where.add_argument(
        "--out",
        type=directory,
        metavar="DIR",
        help="study directory, here or as s3://bucket/prefix (runs/<space>-<dataset>)",
    )
    where.add_argument("--workers", type=count, metavar="N", help="trials at a time (one per CPU)")
    where.add_argument(
        "--address",
        type=_address,
        metavar="HOST:PORT",
        help="a running Ray cluster, or auto for the one that this machine belongs to; else this "
        "machine only",
    )
    where.add_argument(
        "--gpus-per-trial",
        type=_gpus,
        default=0.0,
        metavar="N",
        help="train on GPUs: a part of one, as 0.25, or a whole number (CPU only)",
    )
    where.add_argument(
        "--tf32",
        action="store_true",
        help="let GPUs round the factors of matrix products to 10 bits: faster, less exact",
    )
    where.add_argument(
        "--kernel",
        choices=KERNELS,
        help="banded: small convolutions as wide products, equal up to rounding and about twice as "
        "fast; stock: as Keras computes them (as recorded in the study, else banded)",
    )
    where.add_argument(
        "--save-models",
        action="store_true",
        help="keep each trained network as models/TRIAL.keras in the study directory; "
        "python -m study.predict asks it about images",
    )
    where.add_argument(
        "--dry-run", action="store_true", help="print the plan with a timed estimate, train nothing"
    )


def _space(name: str) -> str:
    """The name of a space that can be found, for `add_argument(type=...)`, as those below."""
    try:
        find_space(name)
    except SpaceError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return name


def _learned(text: str) -> Above:
    try:
        return parse_learned(text)
    except SpaceError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _part(text: str) -> int:
    if count(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 2")
    return int(text)


def _gpus(text: str) -> float:
    try:
        gpus = float(text)
    except ValueError:
        gpus = 0.0
    if not (0 < gpus <= 1 or (1 < gpus < float("inf") and gpus.is_integer())):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a part of 1, as 0.25, nor a whole number of at least 1"
        )
    return gpus


def _address(text: str) -> str:
    host, _, port = text.removeprefix("ray://").rpartition(":")
    if text != "auto" and not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is neither auto nor of the form HOST:PORT")
    return text


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value
