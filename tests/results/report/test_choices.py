"""What is told of choices: sentences first, in the response's own direction and units."""

import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from results.choices.choices import find_choices
from results.report.choices import choice_sections, choices_report
from results.report.render import to_terminal
from results.runs.table import Columns, read_runs
from tests.given.lattices import kept, make, notebook_factors, runs

LEVELS = {"sgd": 0.0, "adam": 0.04, "lion": 0.04, "momentum": 0.01}


def sections(lattice):
    told = choice_sections(find_choices(runs(lattice)))
    return {section.name: section for section in told}


def four_optimizers(*, trained=lambda cell, seed: True):
    rng = np.random.default_rng(0)
    factors = {"optimizer": tuple(LEVELS), "loss": ("ce", "mse"), "width": (8, 16)}
    return make(
        factors,
        lambda cell, _: 0.9 + LEVELS[cell["optimizer"]] + rng.normal(0, 0.005),
        seeds=5,
        trained=trained,
    )


def test_the_choice_that_matters_most_is_told_first():
    told = sections(four_optimizers())["ranking"]
    assert told.sentences[0].startswith("Where every run learned, optimizer matters most: 100 % (9")
    assert told.table.loc[0, "term"] == "optimizer"
    assert told.table["endpoint"].unique().tolist() == ["quality"]


def test_levels_that_may_be_best_are_named_and_those_that_are_not():
    told = sections(four_optimizers())["levels"]
    assert told.sentences[:2] == (
        "optimizer: adam or lion may be best, sgd and momentum surely are not.",
        "Any level may be best: loss, width.",
    )
    by_level = told.table.set_index(["factor", "level"])
    assert by_level.loc[("optimizer", "sgd"), "reading"] == "not best"
    assert by_level.loc[("optimizer", "sgd"), "best_high"] == 0
    assert by_level.loc[("optimizer", "adam"), "contexts"] == 4


def test_a_level_that_never_learned_is_told_and_has_no_mean():
    lattice = four_optimizers(trained=lambda cell, _: cell["optimizer"] != "lion")
    told = sections(lattice)
    assert "optimizer: with lion no cell learned with every run, two or more." in (
        told["levels"].sentences
    )
    row = told["levels"].table.set_index("level").loc["lion"]
    assert row["reading"] == "not compared"
    assert np.isnan(row["mean"])
    assert told["ranking"].sentences[0].startswith("For learning at all, optimizer ")
    assert told["best_cells"].sentences[-1] == "Set aside: 4 as not every run learned."


def test_the_cell_to_take_has_its_lucky_figure_and_what_to_expect():
    told = sections(four_optimizers())["best_cells"]
    assert told.sentences[0] == "8 of 16 cells may be the best."
    assert told.sentences[1].startswith("The highest mean, of optimizer=")
    assert "As it was chosen for that, expect 9" in told.sentences[1]
    assert told.table["optimizer"].isin(["adam", "lion"]).all()
    assert told.table["high"].max() <= 1


def test_of_a_fraction_what_stands_alone_is_said():
    def parity(cell):
        return (
            (cell["optimizer"] == "adam") ^ (cell["loss"] == "mse") ^ (cell["activation"] == "relu")
        )

    rng = np.random.default_rng(0)
    lattice = kept(make(notebook_factors(), lambda *_: 0.9 + rng.normal(0, 0.01)), parity)
    told = sections(lattice)
    assert told["levels"].table["factor"].unique().tolist() == ["normalization", "filter_order"]
    assert any(
        "stand beside each other nowhere" in sentence for sentence in told["levels"].sentences
    )


def test_where_nothing_learned_there_is_none_to_take():
    told = sections(four_optimizers(trained=lambda *_: False))
    assert told["best_cells"].sentences == ("None: in none of 16 cells did every run learn.",)
    assert told["levels"].sentences == ()
    assert told["ranking"].sentences == ()


def test_single_runs_tell_nothing_of_the_best():
    told = sections(make(notebook_factors(), lambda *_: 0.9, seeds=1))
    assert told["best_cells"].sentences == (
        "Can't be told: 32 cells with a single run, which tells no spread.",
    )


def losses(seeds=4):
    rng = np.random.default_rng(0)
    rows = [
        {"opt": opt, "width": width, "seed": seed, "loss": loss + rng.normal(0, 0.01)}
        for opt, loss in (("sgd", 2.0), ("adam", 1.0), ("lion", 1.5))
        for width in (8, 16)
        for seed in range(seeds)
    ]
    frame = pd.DataFrame(rows)
    frame["seed"] = range(len(frame))
    return read_runs(frame, Columns(factors=("opt", "width"), response="loss"))


def test_of_losses_the_lowest_is_best_and_stays_a_loss():
    told = {
        section.name: section
        for section in choices_report(losses(), response="loss", higher_is_better=False)
    }
    levels = told["levels"].table.set_index("level")
    assert told["levels"].sentences[0] == "Best: opt=adam."
    assert levels.loc["adam", "mean"] == pytest.approx(1.0, abs=0.02)
    assert levels.loc["sgd", "best_low"] == 0
    assert levels.loc["sgd", "best_high"] == pytest.approx(1.0, abs=0.1)
    assert (levels["low"] < levels["mean"]).all()
    assert (levels["mean"] < levels["high"]).all()
    best = told["best_cells"]
    assert best.table["opt"].unique().tolist() == ["adam"]
    low, high = best.sentences[1].split("(")[1].split(")")[0].split(" to ")
    assert float(low) < 1.0 < float(high)


def test_a_table_is_told_in_its_own_words():
    text = io.StringIO()
    told = choices_report(losses(), response="loss", higher_is_better=False)
    Console(file=text, width=200).print(to_terminal(told))
    assert "images" not in text.getvalue()
    assert "%" not in text.getvalue().split("Which cell to take")[1].split("expect")[1]


def test_unknown_ends_are_missing_and_not_infinite():
    """Runs that don't vary: nothing is known of how far any cell is from the best."""
    told = choice_sections(find_choices(runs(make(notebook_factors(), lambda *_: 0.9))))
    table = told[1].table
    assert table[["best_low", "best_high"]].isna().all(axis=None)
