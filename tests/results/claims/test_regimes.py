"""Claims at a fixed and at tuned learning rates, on numbers and studies whose answer is known."""

import dataclasses
import itertools
import math

import numpy as np
import pytest

from results import Outcome, load_study
from results.claims.deciding import Verdict
from results.claims.judging import judge_claims
from results.claims.overall import Overall
from results.claims.regimes import Regimes, compare_regimes
from results.records.tuning import TunedCell, Tuning
from results.report.findings import analyse
from search_spaces import About, Claim, Endpoint, Regime
from tests.given import lattices
from tests.given.tuned_studies import OPTIMIZERS, write_tuned_study

FACTORS = {"optimizer": ("sgd", "adam"), "normalization": ("none", "range")}
CLAIM = Claim(name="a", text="a", factor="optimizer", better="sgd", worse="adam")


def lattice(lead, *, noise_seed=0, seeds=5, trained=lambda cell, seed: True):
    """sgd leads adam by so much; noise of 0.001 from run to run."""
    rng = np.random.default_rng(noise_seed)
    noise = {}

    def accuracy(cell, seed):
        key = (*cell.values(), seed)
        noise.setdefault(key, rng.normal(0, 0.001))
        return 0.95 + lead * (cell["optimizer"] == "sgd") + noise[key]

    return lattices.make(FACTORS, accuracy, seeds=seeds, trained=trained)


def tuning(fixed, **changes):
    """A tuning of each cell without a doubt, but for the changes in the cells with adam."""
    sound = {"low": 0.1, "high": 1.0, "values": (0.1, 0.2, 0.4), "spent": 6, "chosen": 0.2}
    cells = tuple(
        TunedCell(
            levels=dict(zip(FACTORS, cell, strict=True)),
            **{**sound, **(changes if cell[0] == "adam" else {})},
        )
        for cell in fixed.cells
    )
    return Tuning(
        setting="learning_rate",
        values=3,
        seeds=(8, 9),
        sampler="qmc",
        dataset_hash="ef" * 32,
        train_size=50,
        validation_size=10,
        cells=cells,
    )


def compared(fixed_lead, tuned_lead, *, claim=CLAIM, changes=None, **options):
    fixed, tuned = lattice(fixed_lead, **options), lattice(tuned_lead, noise_seed=1, **options)
    return in_regimes(fixed, tuned, tuning(fixed, **(changes or {})), claim)


def in_regimes(fixed, tuned, tuning_, claim):
    both = [lattices.runs(found) for found in (fixed, tuned)]
    regimes = Regimes(fixed=both[0], tuned=both[1], tuning=tuning_)
    judgements = [judge_claims(found, [claim], smallest=0.001) for found in both]
    (seen,) = compare_regimes(regimes, *judgements)
    return seen


def test_a_winner_that_flips_is_an_artefact_of_the_fixed_rate():
    seen = compared(0.02, -0.01)
    assert seen.winners == ("sgd", "adam")
    assert seen.flips
    assert seen.change.estimate == pytest.approx(0.03, abs=0.001)
    assert seen.differs
    assert seen.fixed.verdict is Verdict.CONFIRMED
    assert seen.tuned.verdict is Verdict.REFUTED
    assert seen.fixed.overall is Overall.REFUTED_AS_STATED


def test_a_claim_decided_with_tuned_rates_takes_its_verdict_there():
    decided = dataclasses.replace(CLAIM, decided_on=Regime.TUNED)
    assert compared(0.02, -0.01, claim=decided).fixed.overall is Overall.REFUTED
    assert compared(-0.02, 0.01, claim=decided).fixed.overall is Overall.CONFIRMED


def test_a_winner_that_stays_confirms():
    seen = compared(0.02, 0.02)
    assert not seen.flips
    assert not seen.differs
    assert seen.change.estimate == pytest.approx(0, abs=0.001)
    assert seen.fixed.overall is Overall.CONFIRMED


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"at_edge": True}, "adam · none: best at the edge"),
        ({"failed": 2}, "adam · none: 2/3 failed"),
        ({"spent": 5}, "budgets are unequal"),
    ],
)
def test_a_doubtful_tuning_leaves_the_claim_open(changes, doubt):
    seen = compared(0.02, 0.02, changes=changes)
    assert doubt in seen.doubts
    assert seen.fixed.overall is Overall.INCONCLUSIVE
    assert seen.fixed.overall_reason == "the tuning is not adequate"


def test_without_a_common_context_the_winner_is_the_level_that_trains():
    seen = compared(0.02, -0.01, trained=lambda cell, seed: cell["optimizer"] == "sgd")
    assert seen.winners == ("sgd", "sgd")
    assert seen.change is None
    assert not seen.differs


def test_a_claim_on_training_at_all_is_judged_on_every_cell():
    claim = dataclasses.replace(CLAIM, endpoint=Endpoint.TRAINED)
    seen = compared(
        0,
        0,
        claim=claim,
        changes={"failed": 3},
        trained=lambda cell, seed: cell["optimizer"] == "sgd",
    )
    assert len(seen.doubts) == 2


FIVE = dict.fromkeys("ABCDE", ("-", "+"))


def half_regimes(fixed_lead, tuned_lead, *, lost=()):
    """The half of 2^5 cells with an even number of pluses, A+ better by so much in each regime."""
    claim = Claim(name="a", text="a", factor="A", better="+", worse="-")

    def even(lead):
        def accuracy(cell, seed):
            place = int("".join("01"[level == "+"] for level in cell.values()), 2)
            wobble = 1e-4 * np.sin(7 * place + 3 * seed + 100 * lead)
            return 0.9 + lead * (cell["A"] == "+") + wobble

        whole = lattices.make(
            FIVE, accuracy, trained=lambda cell, _: tuple(cell.values()) not in lost
        )
        return lattices.kept(whole, lambda cell: list(cell.values()).count("+") % 2 == 0)

    fixed, tuned = even(fixed_lead), even(tuned_lead)
    sound = {"low": 0.1, "high": 1.0, "values": (0.1, 0.2, 0.4), "spent": 6, "chosen": 0.2}
    cells = tuple(
        TunedCell(levels=dict(zip(FIVE, cell, strict=True)), **sound) for cell in fixed.cells
    )
    sound_tuning = dataclasses.replace(tuning(lattice(0)), cells=cells)
    return in_regimes(fixed, tuned, sound_tuning, claim)


def test_a_fraction_is_compared_from_all_its_cells_in_both_regimes():
    seen = half_regimes(0.02, -0.01)
    assert seen.change.estimate == pytest.approx(0.03, abs=2e-4)
    assert seen.healthy == 16
    assert (seen.differs, seen.flips, seen.doubts) == (True, True, ())
    assert seen.fixed.overall is Overall.REFUTED_AS_STATED


def test_a_fraction_that_lost_what_tells_a_claim_leaves_it_open():
    lost = [cell for cell in itertools.product(*FIVE.values()) if cell[:2] == ("-", "-")]
    seen = half_regimes(0.02, -0.01, lost=lost)
    assert seen.change is None
    assert seen.doubts == ("no tuned cells tell this claim",)
    assert seen.fixed.overall is Overall.INCONCLUSIVE


def test_a_fraction_that_lost_a_cell_is_compared_with_room_for_interactions():
    seen = half_regimes(0.02, -0.01, lost=[("-",) * 5])
    assert seen.change.estimate == pytest.approx(0.03, abs=2e-4)
    assert (seen.healthy, seen.differs, seen.flips) == (15, True, True)
    assert seen.change.error.df < half_regimes(0.02, -0.01).change.error.df


def flipping(trial):
    """At 0.05 sgd wins; with a rate of its own, which is 0.001, adam does."""
    rate = trial.protocol.learning_rate
    if trial.cell.as_dict()["optimizer"] == "sgd":
        base = 0.1 + 0.05 * abs(math.log10(rate / 0.05))
    else:
        base = 0.05 + 0.1 * abs(math.log10(rate / 0.001))
    return base + 0.0002 * (int(trial.id, 16) % 5)


def test_a_study_in_which_tuning_flips_the_winner_says_so(tmp_path):
    # Of so few images nothing is told about new ones.
    claims = tuple(dataclasses.replace(claim, about=About.THESE) for claim in OPTIMIZERS.claims)
    space = dataclasses.replace(OPTIMIZERS, claims=claims)
    write_tuned_study(tmp_path, error=flipping, values=8, space=space)
    findings = analyse(load_study(tmp_path))
    (seen,) = (claim for claim in findings.regimes if claim.fixed.claim.factor == "optimizer")
    assert seen.flips
    assert seen.winners == ("sgd", "adam")
    assert seen.doubts == ()
    assert seen.fixed.overall is Overall.REFUTED
    assert seen.change.estimate > 0.1


def test_tuning_trials_never_enter_a_lattice(tmp_path):
    write_tuned_study(tmp_path, error=flipping)
    study = load_study(tmp_path)
    findings = analyse(study)
    assert len(study.trials) == len(study.tuned) == 4 * 3
    assert len(study.tuning) == 4 * 5 * 2
    assert study.others == 0
    assert findings.lattice.seeds == findings.tuned.lattice.seeds == (0, 1, 2)
    shown = {key for keys in findings.lattice.trial_ids for key in keys}
    tuned = {key for keys in findings.tuned.lattice.trial_ids for key in keys}
    assert shown == set(study.trials["trial_id"])
    assert tuned == set(study.tuned["trial_id"])


def test_without_a_description_only_the_fixed_trials_are_left(tmp_path):
    paths = write_tuned_study(tmp_path, error=flipping)
    paths.description.unlink()
    study = load_study(tmp_path)
    assert set(study.trials["regime"]) == {"fixed"}
    assert study.others == 4 * 5 * 2 + 4 * 3
    assert analyse(study).regimes == ()


def test_a_tuning_that_is_not_finished_decides_nothing(tmp_path):
    write_tuned_study(tmp_path, error=flipping, most=30)
    findings = analyse(load_study(tmp_path))
    assert all(claim.fixed.overall is Overall.INCONCLUSIVE for claim in findings.regimes)


def test_a_cell_that_fails_at_most_values_is_doubted(tmp_path):
    def outcome(trial):
        failed = trial.protocol.learning_rate < 3e-3
        return Outcome.STUCK if failed else Outcome.TRAINED

    write_tuned_study(tmp_path, error=flipping, outcome=outcome)
    findings = analyse(load_study(tmp_path))
    (seen,) = (claim for claim in findings.regimes if claim.fixed.claim.factor == "optimizer")
    assert any("failed" in doubt for doubt in seen.doubts)


def test_the_claims_of_the_notebook_are_about_these_cells():
    assert {claim.factor for claim in OPTIMIZERS.claims} == {"normalization", "optimizer"}
