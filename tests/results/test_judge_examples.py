"""Verdicts about new examples, from a table of runs and one of answers."""

import math

import numpy as np
import pandas as pd
import pytest

from results.judge import judge_table, main
from search_spaces import About, Claim

CLAIM = Claim(name="adam", text="Adam is better.", factor="opt", better="adam", worse="sgd")


def tables(*, seeds=5, examples=360, spread=1.5, effect=0.0, contexts=2, rng=None, shared=False):
    """Runs of two optimizers and their answers; which examples a level reads is its own matter."""
    rng = rng or np.random.default_rng(0)
    difficulty = -3 + 2 * rng.standard_normal(examples)
    rows, answers = [], []
    for place, opt in enumerate(("sgd", "adam")):
        logit = difficulty + spread * rng.standard_normal(examples) - effect * place
        for width in range(contexts):
            for seed in range(seeds):
                run = len(rows)
                wrong = rng.random(examples) < 1 / (1 + np.exp(-logit))
                number = seed if shared else run
                rows.append(
                    {
                        "opt": opt,
                        "width": width,
                        "seed": number,
                        "run": run,
                        "acc": 1 - wrong.mean(),
                    }
                )
                answers.append(
                    pd.DataFrame({"run": run, "example": np.arange(examples), "wrong": wrong})
                )
    return pd.DataFrame(rows), pd.concat(answers, ignore_index=True)


def judged(frame, answers, claims=(CLAIM,), **options):
    return judge_table(
        frame,
        claims,
        factors=["opt", "width"],
        response=options.pop("response", "acc"),
        answers=answers,
        **options,
    )


def test_with_answers_a_verdict_is_about_new_examples_and_tells_both_intervals():
    frame, answers = tables()
    about_new = judged(frame, answers).iloc[0]
    about_these = judged(frame, answers, about="these").iloc[0]
    assert about_new["estimate"] == about_these["estimate"]
    assert about_new["high"] - about_new["low"] > about_these["high"] - about_these["low"]
    assert (
        f"({about_these['low']:+.4g} to {about_these['high']:+.4g} on these)"
        in (about_new["sentence"])
    )
    assert "about new examples" in about_new["sentence"]
    assert "about new examples" not in about_these["sentence"]
    assert judged(frame, None).iloc[0]["low"] == about_these["low"]


def test_a_claim_says_itself_what_it_is_about():
    frame, answers = tables()
    mine = Claim(name="a", text="a", factor="opt", better="adam", worse="sgd", about=About.THESE)
    assert (
        judged(frame, answers, [mine]).iloc[0]["low"]
        == (judged(frame, answers, about="these").iloc[0]["low"])
    )
    assert (
        judged(frame, answers, [mine], about="examples").iloc[0]["low"]
        == (judged(frame, answers, about="these").iloc[0]["low"])
    )


@pytest.mark.parametrize("shared", [False, True])
def test_a_real_difference_is_found_about_new_examples_too(shared):
    frame, answers = tables(effect=1.5, spread=0.3, examples=2000, seeds=8, shared=shared)
    found = judged(frame, answers).iloc[0]
    assert (found["verdict"], found["contexts"]) == ("confirmed", 2)


def test_seeds_that_change_nothing_leave_the_examples_to_judge_by():
    """As trainers do that ignore their seed: by McNemar's paired data, a t test over examples."""
    frame, answers = tables(seeds=1, contexts=1, effect=1.0, spread=0.0)
    again = [
        frame.assign(seed=frame["seed"] + 10 * n, run=frame["run"] + 10 * n) for n in (0, 1, 2)
    ]
    more = [answers.assign(run=answers["run"] + 10 * n) for n in (0, 1, 2)]
    found = judged(pd.concat(again, ignore_index=True), pd.concat(more, ignore_index=True)).iloc[0]
    wrong = answers.pivot(index="example", columns="run", values="wrong").to_numpy(dtype=float)
    gap = wrong[:, 0] - wrong[:, 1]
    # t(359, .975) = 1.9666.
    half = 1.9666 * gap.std(ddof=1) / math.sqrt(360)
    assert (found["low"], found["high"]) == pytest.approx(
        (gap.mean() - half, gap.mean() + half), rel=1e-4
    )
    assert "0 % of the squared error being seeds" in found["sentence"]


def test_a_single_run_of_each_level_decides_nothing_about_training():
    frame, answers = tables(seeds=1, contexts=1, effect=3.0)
    assert judged(frame, answers).iloc[0]["verdict"] == "inconclusive"


def test_of_too_few_examples_more_seeds_do_not_decide():
    frame, answers = tables(seeds=20, examples=60, rng=np.random.default_rng(3))
    found = judged(frame, answers, smallest=1e-6).iloc[0]
    assert (found["verdict"], pd.isna(found["seeds_needed"])) == ("inconclusive", True)
    assert "more seeds alone don't decide it, more examples would" in found["sentence"]


def test_an_error_rate_may_be_the_response():
    frame, answers = tables(effect=1.5, spread=0.3, examples=2000)
    errors = frame.assign(acc=1 - frame["acc"])
    lower = judged(errors, answers, higher_is_better=False).iloc[0]
    assert lower["estimate"] == pytest.approx(judged(frame, answers).iloc[0]["estimate"])
    assert lower["verdict"] == "confirmed"


@pytest.mark.parametrize("answer", [True, False])
def test_where_every_run_answers_alike_nothing_is_told(answer):
    frame, answers = tables(seeds=3)
    alike = answers.assign(wrong=answer)
    found = judged(frame.assign(acc=float(not answer)), alike).iloc[0]
    assert found["verdict"] == "inconclusive"


BAD = {
    "no run": (lambda f, a: (f.drop(columns="run"), a), "unknown column 'run'"),
    "no example": (lambda f, a: (f, a.drop(columns="example")), "unknown column 'example'"),
    "no wrong": (lambda f, a: (f, a.drop(columns="wrong")), "unknown column 'wrong'"),
    "two names": (lambda f, a: (f.assign(run=0), a), "column 'run' has 0 twice"),
    "a missing example": (
        lambda f, a: (f, a.assign(example=a["example"].where(a["example"] != 3))),
        "row 3 has no 'example'",
    ),
    "a missing run": (lambda f, a: (f, a.assign(run=a["run"].where(a["run"] > 0))), "has no 'run'"),
    "lists": (lambda f, a: (f, a.assign(example=[[1]] * len(a))), "that aren't single"),
    "two columns": (
        lambda f, a: (f, pd.concat([a, a[["run"]]], axis=1)),
        "column 'run' is there twice",
    ),
    "other names": (
        lambda f, a: (f, a.assign(run=a["run"].astype(str))),
        "no run of the table has answers; it has runs as 0, the answers '0'",
    ),
    "two conventions": (
        lambda f, a: (f.assign(acc=np.where(f["opt"] == "sgd", f["acc"], 1 - f["acc"])), a),
        "with answers every response is the share that is right, or each that is wrong",
    ),
    "no flag": (lambda f, a: (f, a.assign(wrong=7)), "allowed are true and false"),
    "a gap": (lambda f, a: (f, a.iloc[1:]), "run 0 has no answer to example 0"),
    "twice": (lambda f, a: (f, pd.concat([a, a.iloc[:1]])), "run 0 answers example 0 twice"),
    "other figures": (lambda f, a: (f.assign(acc=0.5), a), "has the response 0.5, and 0."),
}


@pytest.mark.parametrize("name", BAD)
def test_answers_that_do_not_fit_are_refused_in_a_sentence(name):
    change, words = BAD[name]
    with pytest.raises(ValueError, match=words):
        judged(*change(*tables()))


def test_runs_without_answers_are_judged_about_these_examples():
    frame, answers = tables()
    found = judged(frame, answers[answers["run"] != 3]).iloc[0]
    assert "about new examples" not in found["sentence"]
    assert "about these examples only, as not all runs' answers" in found["sentence"]


def test_a_claim_about_new_examples_needs_answers():
    mine = Claim(name="a", text="a", factor="opt", better="adam", worse="sgd", about=About.EXAMPLES)
    with pytest.raises(ValueError, match="claim 'a' is about 'examples', which needs the answers"):
        judged(tables()[0], None, [mine])


def test_an_estimate_of_nothing_does_not_ask_for_more_examples():
    frame, answers = tables(seeds=3, examples=4)
    alike = answers.assign(wrong=answers["example"] == 0)
    found = judged(frame.assign(acc=0.75), alike).iloc[0]
    assert "more examples would" not in found["sentence"]
    assert "about new examples" not in found["sentence"]


@pytest.mark.parametrize(
    ("about", "words"),
    [("new", "allowed: examples, these"), ("examples", "needs the answers to single examples")],
)
def test_what_a_verdict_cannot_be_about_is_refused(about, words):
    with pytest.raises(ValueError, match=words):
        judged(tables()[0], None, about=about)


def test_a_dependence_is_judged_about_new_examples_too():
    """Adam reads other examples with each width, no better: on these 360 that looks like more."""
    rng = np.random.default_rng(5)
    depends = {"these": 0, "examples": 0}
    for _ in range(20):
        frame, answers = tables(seeds=10, contexts=1, rng=rng)
        other, others = tables(seeds=10, contexts=1, rng=rng)
        other = other.assign(width=1, run=other["run"] + 100, seed=other["seed"] + 100)
        both = pd.concat([frame, other], ignore_index=True)
        told = pd.concat([answers, others.assign(run=others["run"] + 100)], ignore_index=True)
        for about in depends:
            found = judged(both, told, about=about).iloc[0]
            depends[about] += found["verdict"] == "depends"
    assert depends["these"] >= 8
    assert depends["examples"] <= 3


def test_the_command_reads_answers_too(tmp_path, capsys):
    frame, answers = tables(effect=1.5, spread=0.3, examples=500)
    frame.to_csv(tmp_path / "runs.csv", index=False)
    answers.to_parquet(tmp_path / "answers.parquet")
    text = '[[claim]]\nname = "adam"\nfactor = "opt"\nbetter = "adam"\nworse = "sgd"\n'
    (tmp_path / "claims.toml").write_text(text)
    arguments = ["--claims", str(tmp_path / "claims.toml"), "--response", "acc"]
    options = [*arguments, "--factor", "opt", "--factor", "width"]
    table = str(tmp_path / "runs.csv")
    assert main([table, *options, "--answers", str(tmp_path / "answers.parquet")]) == 0
    assert "about new examples" in capsys.readouterr().out
    assert main([table, *options, "--about", "examples"]) == 2
    assert "column 'run' has no part" in capsys.readouterr().err
