"""A study of which each seed draws its own images, as a user types it."""

import os
import subprocess
import sys

import pytest

from results import load_study
from study.run import main
from tests.given.places import ROOT
from tests.study.running.test_run import studied


@pytest.mark.slow
def test_each_seed_of_a_resampled_study_has_images_of_its_own_for_all_cells(tmp_path):
    arguments = ["--space", "smoke", "--resample", "--seeds", "2", "--set", "loss=mse"]
    told = studied(tmp_path, *arguments)
    assert "60 training, 40 test images, drawn anew by each seed from 1,797" in told
    study = load_study(tmp_path / "mine")
    assert study.resampled
    tested = study.predictions.groupby("trial_id")["index"].agg(frozenset)
    by_seed = {seed: set(tested[ids]) for seed, ids in study.trials.groupby("seed")["trial_id"]}
    assert [len(sets) for sets in by_seed.values()] == [1, 1]
    assert by_seed[0] != by_seed[1]
    assert len(study.images) == 1_797
    again = subprocess.run(
        [sys.executable, "-m", "results.verify", "mine", "--retrain", "2"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "2 of 4 recorded trials trained again, as recorded" in again.stdout, again.stderr
    assert "4, 4 recorded, 0 to train" in studied(tmp_path, *arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--space", "tuned"], "--resample doesn't go with tuning: what one seed tunes on, others"),
        (
            ["--space", "smoke", "--train-size", "1700"],
            "--resample with 1700 training and 360 test images of 1797: ",
        ),
    ],
)
def test_what_can_not_be_resampled_is_told_in_a_line(tmp_path, capsys, arguments, message):
    code = main([*arguments, "--dataset", "digits", "--resample", "--out", str(tmp_path)])
    assert code == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
