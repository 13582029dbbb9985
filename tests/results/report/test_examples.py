"""The report's sections on single images."""

import dataclasses
import math
import shutil

import numpy as np
import pandas as pd
import pytest

from results import Outcome, load_study
from results.analysis.examples import FixedImages, analyse_images
from results.records.answers import Errors
from results.report.examples import (
    class_section,
    fixed_section,
    image_sections,
    networks_section,
    noise_section,
)
from results.report.render import shown_table, to_json, to_latex, to_markdown, to_terminal
from results.report.section import find_section
from results.summary import main
from search_spaces import find_space
from tests.given.lattices import make
from tests.given.studies import report_of, write_study


def titles(report):
    return [section.title for section in report]


def found(*, seeds, factors=None, images=200):
    """Each network misses about one image in twenty; with the level y class 1 on top of that."""
    factors = factors or {"a": ("x", "y"), "b": ("p", "q")}
    lattice = make(factors, lambda cell, seed: 0.95, seeds=seeds)
    rng = np.random.default_rng(0)
    common = np.arange(images) % 10 == 1
    by_trial = {
        trial: (rng.random(images) < 0.05) | (common if cell[0] == "y" else False)
        for cell, trials in zip(lattice.cells, lattice.trial_ids, strict=True)
        for trial in trials
    }
    index = np.arange(images)
    return analyse_images(lattice, Errors(index=index, label=index % 10, by_trial=by_trial))


def test_the_sections_stand_before_the_ablation(tmp_path):
    write_study(tmp_path, space=find_space("full"), seeds=1)
    got = titles(report_of(load_study(tmp_path)))
    assert got[-5:] == [
        *("Seed noise and hard images", "Images that one level reads", "Networks compared"),
        *("Ablation", "Caveats"),
    ]


def test_seed_noise_is_told_with_both_errors_of_each_effect():
    section = noise_section(found(seeds=3))
    told = " ".join(section.sentences)
    assert "pooled over 4 cells of 3 seeds" in told
    assert "errors on single images would give (phi)" in told
    assert section.table.columns.tolist() == [
        *("factor", "levels", "contexts", "effect", "seed_se", "total_se")
    ]
    assert section.table["levels"].tolist() == ["x → y", "p → q"]
    assert section.table["contexts"].tolist() == [2, 2]
    assert (section.table["total_se"] > section.table["seed_se"]).iloc[0]


def test_seeds_that_never_disagree_leave_noise_unknown():
    quality = found(seeds=3)
    dispersion = dataclasses.replace(quality.dispersion, phi=math.nan)
    told = noise_section(dataclasses.replace(quality, dispersion=dispersion)).sentences
    assert told[1] == "No two seeds of a cell disagree on an image."


def fixed(*, index):
    return (
        FixedImages(factor="a", level="x", index=index),
        FixedImages(factor="a", level="y", index=()),
    )


def test_images_that_one_level_reads_are_counted_and_the_first_ones_named():
    images = (*fixed(index=tuple(range(11))), *fixed(index=(7,)))
    table = fixed_section(dataclasses.replace(found(seeds=3), fixed=images)).table
    assert table["images"].tolist() == [11, 0, 1, 0]
    assert table["index"].tolist() == ["0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …", "", "7", ""]


def test_unknown_errors_are_shown_as_missing():
    shown = shown_table(noise_section(found(seeds=1)))
    assert shown["seed se"].tolist() == ["-", "-"]
    assert all(value.replace(".", "").isdigit() for value in shown["total se"])


def test_only_classes_whose_interval_excludes_0_are_listed():
    quality = found(seeds=3)
    section = class_section(quality)
    assert f"{len(section.table)} of 20 looked at" in section.sentences[0]
    assert "unadjusted" in section.sentences[0]
    assert ((section.table["low"] > 0) | (section.table["high"] < 0)).all()
    first = section.table.query("factor == 'a'").set_index("class")
    # y misses every image of class 1, x about one in twenty.
    assert first.loc[1, "difference"] == pytest.approx(-0.95, abs=0.03)


def test_without_such_a_class_there_is_only_the_sentence():
    quality = found(seeds=2)
    classes = pd.DataFrame(
        {
            "class": [0, 1],
            "difference": [0.1, 0.0],
            "low": [-0.1, math.nan],
            "high": [0.3, math.nan],
        }
    )
    effects = tuple(dataclasses.replace(effect, classes=classes) for effect in quality.effects)
    section = class_section(dataclasses.replace(quality, effects=effects))
    assert section.table is None
    assert "0 of 4 looked at" in section.sentences[0]


def test_networks_are_compared_with_what_is_known_of_seed_noise():
    one, more = (networks_section(found(seeds=seeds)) for seeds in (1, 3))
    assert "these two networks only" in one.sentences[0]
    assert one.table["context"].tolist() == ["p", "q", "x", "y"]
    assert (one.table["holm_p"] >= one.table["p"]).all()
    assert not one.detail
    assert "times the variance of independent errors (phi, df 8" in more.sentences[0]
    assert more.detail


def test_one_seed_tells_nothing_of_classes():
    assert class_section(found(seeds=1)).sentences == ()


def test_factors_of_many_pairs_are_named():
    quality = found(seeds=1, factors={"a": tuple("stuvwxy")})
    section = networks_section(quality)
    assert section.table is None
    assert section.sentences[-1] == "Left out for having more than 16 pairs of networks: a."


def test_cells_left_out_are_counted():
    quality = dataclasses.replace(found(seeds=2), left_out=2)
    assert noise_section(quality).sentences[0].startswith("2 of 6 cells that trained")


@pytest.mark.parametrize("seeds", [1, 3])
def test_every_format_renders_them(seeds):
    for render in (to_markdown, to_latex, to_json, to_terminal):
        assert render(image_sections(found(seeds=seeds)))


def test_without_predictions_the_rest_of_the_report_stands(tmp_path):
    paths = write_study(tmp_path, seeds=2)
    shutil.rmtree(paths.table("predictions"))
    report = report_of(load_study(tmp_path))
    assert "Seed noise and hard images" not in titles(report)
    told = find_section(report, "caveats").sentences
    assert "No predictions are stored, so single images can't be compared." in told


def test_where_nothing_trained_nobody_misses_the_predictions(tmp_path):
    write_study(tmp_path, seeds=2, outcome=lambda trial: Outcome.STUCK)
    report = report_of(load_study(tmp_path))
    assert "Seed noise and hard images" not in titles(report)
    told = find_section(report, "caveats").sentences
    assert not any("predictions" in sentence for sentence in told)


def test_damaged_predictions_end_the_summary_in_one_line(tmp_path, capsys):
    paths = write_study(tmp_path)
    for file in paths.table("predictions").iterdir():
        file.write_bytes(b"nothing")
    assert main([str(tmp_path)]) == 2
    assert "damaged" in capsys.readouterr().err
