"""Against R: every figure that R gives for the same tables, through the public functions.

The cases and R's versions are in the shared `oracle.json`: R 4.2.2 with car, emmeans, lme4,
lmerTest and pbkrtest.
"""

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest

from results.analysis.lattice import Lattice, find_contexts
from results.analysis.quality import analyse_quality
from results.effects import anova, effects
from results.statistics.bartlett import bartlett_p
from results.statistics.contrast import Fitting, estimate_contrast, holm
from results.statistics.error import BySeed, Pooled, Welch, residual_noise
from results.statistics.mcnemar import mcnemar_of_table
from results.statistics.power import minimum_detectable_effect
from results.statistics.proportions import clopper_pearson, fisher
from results.statistics.unreplicated import lenth
from tests.given.places import SHARED

FILE = SHARED / "oracle.json"
CASES = json.loads(FILE.read_text(encoding="utf-8"))["cases"] if FILE.exists() else []
pytestmark = pytest.mark.skipif(not CASES, reason="no shared oracle.json here")


def cases(kind, *, expecting=None):
    """The cases of a kind, or those of them for which R gave some figure, each with its name."""
    return [
        pytest.param(case["input"], case["expected"], id=case["id"])
        for case in CASES
        if case["kind"] == kind and (expecting is None or expecting in case["expected"])
    ]


def close(value):
    """A figure of R's, to one part in a million; what R has not is NaN."""
    return math.nan if value in (None, "NA") else pytest.approx(value, rel=1e-6, abs=1e-12)


def same(ours, theirs):
    """Whether a figure of ours is R's, NaN where R has none."""
    expected = close(theirs)
    missing = isinstance(expected, float) and math.isnan(expected)
    return math.isnan(ours) if missing else ours == expected


def lattice_of(table):
    """Cells by seeds of a table with a column for each factor, `seed`, `y` and maybe `trained`."""
    frame = pd.DataFrame(table)
    names = [name for name in frame.columns if name not in ("seed", "y", "trained")]
    frame["trained"] = frame.get("trained", True)
    cells = tuple(itertools.product(*(sorted(frame[name].unique()) for name in names)))
    rows = frame.set_index([*names, "seed"])
    cells = tuple(cell for cell in cells if (*cell, frame["seed"].min()) in rows.index)
    seeds = tuple(sorted(frame["seed"].unique()))
    by_cell = [[rows.loc[(*cell, seed)] for seed in seeds] for cell in cells]
    return Lattice(
        factors={name: tuple(sorted(frame[name].unique())) for name in names},
        cells=cells,
        seeds=seeds,
        accuracy=np.array([[row["y"] for row in runs] for runs in by_cell], dtype=float),
        trained=np.array([[row["trained"] for row in runs] for runs in by_cell], dtype=bool),
        trial_ids=tuple(tuple(f"{n}-{seed}" for seed in seeds) for n in range(len(cells))),
    )


def claimed(given):
    """Responses of the healthy cells of a claim, the weights of its difference, their noise."""
    lattice, claim = lattice_of(given["table"]), given["claim"]
    pair = (claim["worse"], claim["better"])
    contexts = find_contexts(lattice, claim["factor"], pair)
    cells = contexts.cells[contexts.healthy]
    weights = np.tile(np.array([-1.0, 1.0]) / len(cells), len(cells))
    noise = residual_noise(lattice.accuracy[lattice.healthy])
    return lattice.accuracy[cells.ravel()], weights, noise


@pytest.mark.parametrize(("given", "expected"), cases("effects"))
def test_the_analysis_of_variance_is_that_of_r(given, expected):
    table = anova(
        pd.DataFrame(given["table"]),
        given["factors"],
        "y",
        block=given["block"],
        order=given["order"],
    ).set_index("term")
    for term, figures in expected["anova"].items():
        for name, value in figures.items():
            assert same(table.loc[term, name], value), (term, name)


@pytest.mark.parametrize(("given", "expected"), cases("effects"))
def test_effects_and_their_intervals_are_those_of_r(given, expected):
    table = effects(
        pd.DataFrame(given["table"]),
        given["factors"],
        "y",
        block=given["block"],
        order=given["order"],
    )
    rows = table.set_index(["term", "levels"])
    for row in expected["effects"]:
        ours = rows.loc[(row["term"], row["levels"].replace("->", "→"))]
        for name in ("estimate", "se", "low", "high", "p"):
            assert same(ours[name], row[name]), (row["term"], row["levels"], name)


@pytest.mark.parametrize("name", ["pooled", "own", "welch"])
@pytest.mark.parametrize(("given", "expected"), cases("claim", expecting="welch"))
def test_a_contrast_by_each_error_is_that_of_r(given, expected, name):
    y, weights, noise = claimed(given)
    error = {"pooled": Pooled(noise), "own": BySeed(), "welch": Welch()}[name]
    contrast = estimate_contrast(y, weights, error=error)
    figures = expected[name]
    low, high = contrast.interval(expected["coverage"])
    assert contrast.estimate == close(figures["estimate"])
    assert contrast.standard_error == close(figures["se"])
    assert contrast.df == close(figures["df"])
    assert (low, high) == (close(figures["low"]), close(figures["high"]))
    if "p" in figures:
        assert contrast.p_value == close(figures["p"])


@pytest.mark.parametrize(("given", "expected"), cases("claim", expecting="ratio"))
def test_whether_seeds_favour_a_level_is_tested_as_r_does(given, expected):
    y, weights, noise = claimed(given)
    contrast = estimate_contrast(y, weights, error=Fitting(noise))
    assert contrast.ratio == close(expected["ratio"]["f"])
    assert contrast.ratio_p == close(expected["ratio"]["p"])


@pytest.mark.parametrize(("given", "expected"), cases("fraction"))
def test_main_effects_of_a_fraction_are_those_of_r(given, expected):
    quality = analyse_quality(lattice_of(given["table"]), images=10_000)
    ours = {effect.term: effect.accuracy for effect in quality.effects if ":" not in effect.term}
    if not expected["rank_deficient"]:
        for name, value in expected["main_effects_2fi"].items():
            assert ours[name].estimate == close(value)
    assert quality.noise.mean_square == close(expected["noise"]["mean_square"])
    assert quality.noise.df == expected["noise"]["df"]


@pytest.mark.parametrize(("given", "expected"), cases("lenth"))
def test_lenths_limits_are_those_of_r(given, expected):
    limits = lenth(given["x"])
    for name, value in expected.items():
        assert getattr(limits, name) == close(value)


@pytest.mark.parametrize(("given", "expected"), cases("mde"))
def test_the_detectable_difference_is_that_of_r(given, expected):
    assert minimum_detectable_effect(**given) == pytest.approx(expected["mde"], rel=1e-5)


@pytest.mark.parametrize(("given", "expected"), cases("holm"))
def test_holm_is_that_of_r(given, expected):
    assert holm(given["p"]).tolist() == [close(value) for value in expected["adjusted"]]


@pytest.mark.parametrize(("given", "expected"), cases("levene"))
def test_bartletts_test_is_that_of_r(given, expected):
    assert bartlett_p(given["y"]) == close(expected["bartlett_p"])


@pytest.mark.parametrize(("given", "expected"), cases("mcnemar"))
def test_mcnemar_is_that_of_r(given, expected):
    found = mcnemar_of_table(given["t"])
    for name, value in expected.items():
        assert getattr(found, name) == close(value)


@pytest.mark.parametrize(("given", "expected"), cases("cp"))
def test_clopper_and_pearson_are_those_of_r(given, expected):
    low, high = clopper_pearson(**given)
    assert (low, high) == (close(expected["low"]), close(expected["high"]))


@pytest.mark.parametrize(("given", "expected"), cases("fisher"))
def test_fishers_exact_test_is_that_of_r(given, expected):
    assert fisher(**given) == close(expected["p"])
