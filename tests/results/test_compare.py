"""The command `results.compare`: did a conclusion change?"""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from results.compare import COLUMNS, compare_verdicts, main
from results.judge import judge_table
from results.runs.table import Columns
from search_spaces import Claim, find_space
from tests.given.studies import write_study
from tests.given.tables import CLAIM, table

FACTORS = ("opt", "b", "c")
COLUMNS_OF_TABLE = Columns(factors=FACTORS, response="score")
TOML = '[[claim]]\nname = "adam"\nfactor = "opt"\nbetter = "adam"\nworse = "sgd"\n'


def made(effect, number, **options):
    return table(effect, rng=np.random.default_rng(number), **options)


def compared(old, new, claims=(CLAIM,), **options):
    return compare_verdicts(old, new, claims, columns=COLUMNS_OF_TABLE, **options)


def row(*arguments, **options):
    return compared(*arguments, **options).iloc[0]


@pytest.mark.parametrize(
    ("effects", "change"),
    [
        ((0.02, 0.021), "same"),
        ((0.02, -0.02), "changed"),
        ((0.0003, 0.02), "now decided"),
        ((0.02, 0.0003), "now open"),
        ((0.0003, 0.0004), "same"),
    ],
)
def test_what_became_of_a_conclusion_is_told_in_a_word(effects, change):
    old, new = (made(effect, number) for number, effect in enumerate(effects))
    assert row(old, new)["change"] == change


def test_a_claim_that_holds_elsewhere_now_is_another_conclusion():
    old = made(lambda context: 0.02 * context["b"], 0)
    new = made(lambda context: 0.02 * (1 - context["b"]), 1)
    found = row(old, new)
    assert (found["old"], found["new"], found["change"]) == ("depends", "depends", "changed")
    assert "confirmed with b=1" in found["sentence"]
    assert "confirmed with b=0" in found["sentence"]


def test_estimates_are_those_of_the_judge_and_their_difference_is_welchs():
    old, new = (made(effect, number, others=()) for number, effect in enumerate((0.01, 0.015)))
    columns = Columns(factors=("opt",), response="score")
    found = compare_verdicts(old, new, [CLAIM], columns=columns).iloc[0]
    judged = judge_table(new, [CLAIM], factors=["opt"], response="score").iloc[0]
    assert found[["new", "new_estimate", "new_low", "new_high"]].tolist() == (
        judged[["verdict", "estimate", "low", "high"]].tolist()
    )
    assert found["difference"] == pytest.approx(found["new_estimate"] - found["old_estimate"])
    cells = [
        frame.loc[frame["opt"] == level, "score"]
        for frame in (old, new)
        for level in ("sgd", "adam")
    ]
    variances = np.array([cell.var() / len(cell) for cell in cells])
    pairs = variances.reshape(2, 2).sum(axis=1)
    df = pairs**2 / (variances.reshape(2, 2) ** 2 / 4).sum(axis=1)
    half = stats.t.isf(0.025, pairs.sum() ** 2 / (pairs**2 / df).sum()) * np.sqrt(pairs.sum())
    assert found["difference_high"] - found["difference"] == pytest.approx(half)
    assert found["common"] == 0


def test_an_extended_table_holds_its_old_runs_and_has_no_interval():
    new = made(0.02, 0, seeds=8)
    old = new[new["seed"] % 100 < 5]
    found = row(old, new)
    assert found["common"] == 40
    assert np.isnan(found["difference_low"])
    assert "no interval of that, as 40 runs are in both" in found["sentence"]


def test_runs_that_come_out_alike_by_chance_are_not_in_both():
    old, new = (made(0.02, number).round({"score": 3}) for number in (0, 1))
    assert 0 < (old["score"] == new["score"]).sum() < 20
    found = row(old, new)
    assert found["common"] == 0
    assert found["difference_low"] < found["difference"] < found["difference_high"]


def test_a_claim_that_only_one_can_judge_is_said_to_be_there_only():
    old = made(0.02, 0)
    new = made(0.02, 1).replace({"opt": {"adam": "lion"}})
    lion = Claim(name="lion", text="Lion.", factor="opt", better="lion", worse="sgd")
    found = compared(old, new, claims=[CLAIM, lion]).set_index("claim")
    assert found["change"].tolist() == ["only in one"] * 2
    assert found.loc["adam", "old"] == "confirmed"
    assert pd.isna(found.loc["adam", "new"])
    assert "confirmed → not there" in found.loc["adam", "sentence"]
    # Each claim has its share of alpha, as if both could be judged.
    alone = row(old, old, claims=[CLAIM])
    assert found.loc["adam", "old_low"] < alone["old_low"]


def test_losses_are_compared_in_the_direction_of_the_claim():
    old, new = (made(-0.02, number) for number in (0, 1))
    found = row(old, new, higher_is_better=False)
    assert (found["old"], found["new"]) == ("confirmed", "confirmed")
    assert found["new_estimate"] > 0


def files(folder, effects=(0.02, -0.02), **options):
    (folder / "claims.toml").write_text(TOML)
    paths = [folder / "old.csv", folder / "new.csv"]
    for number, (path, effect) in enumerate(zip(paths, effects, strict=True)):
        made(effect, number, **options).to_csv(path, index=False)
    factors = [text for name in FACTORS for text in ("--factor", name)]
    return [*paths, "--claims", folder / "claims.toml", "--response", "score", *factors]


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    return code, capsys.readouterr()


@pytest.mark.parametrize(
    ("effects", "code"),
    [
        ((0.02, 0.021), 0),
        ((0.02, -0.02), 3),
        ((0.0003, 0.02), 4),
        ((0.02, 0.0003), 4),
        ((0.0003, 0.0004), 0),
    ],
)
def test_the_command_is_a_gate(tmp_path, capsys, effects, code):
    arguments = files(tmp_path, effects)
    found, told = run(capsys, *arguments)
    assert found == code
    assert told.out.startswith("adam: ")
    found, told = run(capsys, *arguments, "--json")
    assert found == code
    (record,) = json.loads(told.out)
    assert list(record) == list(COLUMNS)


def test_a_decided_claim_that_only_one_has_is_a_change_and_an_open_one_is_not(tmp_path, capsys):
    for effect, expected in ((0.02, 4), (0.0003, 0)):
        arguments = files(tmp_path, (effect, effect))
        frame = pd.read_csv(tmp_path / "new.csv").replace({"opt": {"adam": "lion"}})
        frame.to_csv(tmp_path / "new.csv", index=False)
        assert run(capsys, *arguments)[0] == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a[:2], "tables need --claims"),
        (lambda a: a[:4], "tables need --response"),
        (lambda a: [*a[:5], "scor", *a[6:]], "unknown column 'scor'; did you mean 'score'?"),
        (lambda a: a[:-2], "column 'c' has no part; name every column that was varied"),
        (lambda a: [*a, "--alpha", "2"], "alpha is 2.0; allowed is between 0 and 1"),
        (lambda a: [*a, "--smallest", "-1"], "smallest is -1.0; allowed is a finite number above"),
        (lambda a: [a[0], a[1].parent, *a[2:]], "one is a table and the other a study"),
        (lambda a: [a[0], a[1].with_name("no.csv"), *a[2:]], "no.csv: can't be read as a table"),
        (lambda a: [a[0].parent, a[1].parent, *a[2:]], "taken for a study, as it ends in neither"),
        (lambda a: [a[0].parent, a[1].parent], "no records here"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, capsys, change, message):
    code, told = run(capsys, *change(files(tmp_path)))
    assert code == 2
    assert message in told.err
    assert told.err.startswith("results.compare: ")
    assert len(told.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (TOML.replace('"opt"', '"op"'), "unknown factor of claim 'adam' 'op'; did you mean 'opt'?"),
        (
            TOML.replace('"sgd"', '"sdg"'),
            "unknown level of opt of claim 'adam' 'sdg'; did you mean",
        ),
        (TOML + TOML, "claim 'adam' is there twice"),
        (TOML + 'endpoint = "trained"', "needs the column that says which runs did"),
    ],
)
def test_claims_that_neither_can_judge_are_refused(tmp_path, capsys, toml, message):
    arguments = files(tmp_path)
    (tmp_path / "claims.toml").write_text(toml)
    code, told = run(capsys, *arguments)
    assert code == 2
    assert message in told.err


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """A study, the same with more seeds, and one that claims something else."""
    root, smoke = tmp_path_factory.mktemp("studies"), find_space("smoke")
    other = dataclasses.replace(
        smoke, claims=(dataclasses.replace(smoke.claims[0], better="none", worse="range"),)
    )
    write_study(root / "three", space=smoke, seeds=3)
    write_study(root / "five", space=smoke, seeds=5)
    write_study(root / "other", space=other, seeds=3)
    return root


def test_a_study_that_was_extended_is_compared_by_its_own_claims(studies, capsys):
    code, told = run(capsys, studies / "three", studies / "five")
    assert code in (0, 3, 4)
    assert len(told.out.splitlines()) == len(find_space("smoke").claims)
    assert "as 12 runs are in both" in told.out
    assert "on these examples" in told.out
    found = compare_verdicts(studies / "three", studies / "five")
    assert found["common"].tolist() == [12] * len(found)


def test_claims_of_one_name_that_differ_are_refused(studies, capsys):
    code, told = run(capsys, studies / "three", studies / "other")
    assert code == 2
    assert "says one thing in the old and another in the new" in told.err


def test_help_teaches_the_words_and_the_codes(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    for word in ("same", "changed", "now decided", "now open", "only in one", "exit codes"):
        assert word in told
