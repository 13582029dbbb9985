"""The numbers behind the figures of claims and effects, against what `results` says."""

import zlib

import numpy as np
import pytest

from dashboards.figures.effects import draw_claims
from dashboards.tables.effects import (
    claim_rows,
    interaction_lines,
    interaction_rows,
    main_effect_rows,
    simple_effect_rows,
)
from results import load_study
from results.analysis.quality import analyse_quality
from results.claims.judging import judge_claims
from results.report.findings import analyse
from search_spaces import Claim, find_space
from tests.given import lattices
from tests.given.studies import write_study

IMAGES = 10_000


def accuracy(cell, seed):
    rng = np.random.default_rng(zlib.crc32(repr((cell, seed)).encode()))
    better = 0.01 * (cell["a"] == "a2") + 0.004 * (cell["a"] == "a2") * (cell["b"] == "b2")
    return 0.95 + better + rng.normal(0, 0.0005)


def small_lattice(**options):
    factors = {"a": ("a1", "a2"), "b": ("b1", "b2"), "c": ("c1", "c2", "c3")}
    return lattices.make(factors, accuracy, **options)


def claim(name="one", **changes):
    fields = {"text": "a2 is better", "factor": "a", "better": "a2", "worse": "a1", **changes}
    return Claim(name=name, **fields)


def judged(lattice, *claims):
    return judge_claims(lattices.runs(lattice), claims, smallest=0.001)


def test_a_claim_has_its_averaged_difference_and_interval():
    judgements = judged(small_lattice(), claim(), claim("two", better="a1", worse="a2"))
    rows = claim_rows(judgements)
    averaged = rows[rows["kind"] == "averaged"]
    assert averaged["claim"].tolist() == ["one", "two"]
    assert averaged["verdict"].tolist() == ["confirmed", "refuted"]
    for judgement, row in zip(judgements, averaged.itertuples(), strict=True):
        assert row.effect == pytest.approx(judgement.difference.estimate)
        assert (row.low, row.high) == pytest.approx(judgement.difference.interval(0.975))
    assert set(rows["regime"]) == {"fixed"}


def test_a_claim_that_can_not_be_judged_keeps_its_row_and_says_why():
    never = small_lattice(trained=lambda cell, seed: False)
    row = claim_rows(judged(never, claim())).iloc[0]
    assert np.isnan(row["effect"])
    assert "0 of 6 contexts" in row["reason"]


def test_a_reason_that_is_too_long_for_its_row_is_seen_to_go_on():
    never = small_lattice(trained=lambda cell, seed: False)
    rows = claim_rows(judged(never, claim()))
    for reason, ending in (("word " * 60, " …"), ("a few words", "a few words")):
        figure = draw_claims(rows.assign(reason=reason))
        (told,) = [
            note.text for note in figure.layout.annotations if note.name == "in place of a mark"
        ]
        assert told.endswith(ending)


def test_no_claims_make_no_rows():
    assert claim_rows(()).empty


def test_main_effects_are_those_of_the_analysis():
    quality = analyse_quality(small_lattice(), images=IMAGES)
    rows = main_effect_rows(quality)
    assert rows["term"].tolist() == ["a", "b", "c", "c", "c"]
    assert rows["effect"].tolist() == pytest.approx(
        [effect.accuracy.estimate for effect in quality.effects[:5]]
    )


def test_interactions_come_on_both_scales_the_surest_first():
    quality = analyse_quality(small_lattice(seeds=9), images=IMAGES)
    rows = interaction_rows(quality)
    assert len(rows) == 1 + 3 + 3
    first = rows.iloc[0]
    assert first["term"] == "a:b"
    assert first["scales"] == "both"
    assert first["effect"] == pytest.approx(0.002, abs=0.0003)
    (effect,) = (found for found in quality.effects if found.term == "a:b")
    assert first["ratio"] == pytest.approx(np.exp(effect.log_error.estimate))
    assert first["ratio_low"] < first["ratio"] < first["ratio_high"]


def test_the_lines_of_an_interaction_give_its_contrast():
    lattice = small_lattice(trained=lambda cell, seed: (cell["c"], cell["b"]) != ("c3", "b2"))
    rows = interaction_rows(analyse_quality(lattice, images=IMAGES))
    lines = interaction_lines(lattice, rows)
    assert len(lines) == 4 * min(4, len(rows))
    for number, found in enumerate(rows.head(4).itertuples()):
        first, second, third, fourth = lines["accuracy"][4 * number : 4 * number + 4]
        assert (first - second - third + fourth) / 2 == pytest.approx(found.effect)


def test_of_one_seed_the_largest_interactions_come_first_and_nothing_is_told_of_scales():
    rows = interaction_rows(analyse_quality(small_lattice(seeds=1), images=IMAGES))
    assert rows["effect"].abs().is_monotonic_decreasing
    assert set(rows["scales"]) == {"unknown"}


def test_simple_effects_average_to_the_main_effect():
    rows = simple_effect_rows(analyse_quality(small_lattice(), images=IMAGES))
    mine = rows[rows["term"] == "a"]
    alone = mine[mine["context"] != ""]
    assert len(alone) == 6
    average = mine.loc[mine["context"] == "", "effect"].item()
    assert alone["effect"].mean() == pytest.approx(average)


def test_contexts_that_failed_have_no_dot():
    lattice = small_lattice(trained=lambda cell, seed: cell["c"] != "c1")
    rows = simple_effect_rows(analyse_quality(lattice, images=IMAGES))
    assert len(rows[(rows["term"] == "a") & (rows["context"] != "")]) == 4


def test_a_space_with_claims_gives_a_row_for_each(tmp_path):
    space = find_space("full")
    findings = analyse(load_study(write_study(tmp_path, space=space, seeds=2).root))
    rows = claim_rows(findings.judgements)
    assert rows.loc[rows["kind"] == "averaged", "claim"].tolist() == [
        claim.name for claim in space.claims
    ]


def test_a_claim_that_depends_shows_its_contexts_in_place_of_an_average():
    def crossing(cell, seed):
        return accuracy(cell, seed) + (0.02 if (cell["a"] == "a2") == (cell["b"] == "b2") else 0)

    factors = {"a": ("a1", "a2"), "b": ("b1", "b2"), "c": ("c1", "c2")}
    (judgement,) = judged(lattices.make(factors, crossing, seeds=9), claim())
    rows = claim_rows([judgement])
    assert rows["verdict"].iloc[0] == "depends"
    assert np.isnan(rows["effect"].iloc[0])
    contexts = rows[rows["kind"] == "context"]
    assert contexts["effect"].tolist() == pytest.approx(
        [seen.difference.estimate for seen in judgement.in_contexts]
    )
    assert len(draw_claims(rows).data) == 1
