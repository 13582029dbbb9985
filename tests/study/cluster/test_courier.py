"""What the driver does with each message of a worker. Nothing is trained, no Ray is started."""

from types import SimpleNamespace

import pytest

from study.cluster.courier import Courier
from study.cluster.messages import RecordedBefore, TrainTrial, Unfit, pack
from study.tuning.agenda import Agenda
from tests.given.trials import ORIGIN, small_digits, small_trial


class Nobody:
    """A receiver that must be handed nothing: it has no method."""


@pytest.fixture
def courier():
    return Courier(Nobody(), Agenda(()))


@pytest.fixture
def trial():
    """A trial of Tune's."""
    request = TrainTrial(trial=small_trial(small_digits()), origin=ORIGIN)
    return SimpleNamespace(trial_id="1", config=pack(request))


def failure(courier, trial, result):
    courier.on_trial_result(1, [trial], trial, result)
    return str(courier.failure or "")


@pytest.mark.parametrize("result", [pack(RecordedBefore()), {"done": True}])
def test_what_leaves_nothing_to_keep_goes_by(courier, trial, result):
    assert failure(courier, trial, result) == ""


def test_an_unfit_worker_stops_the_study(courier, trial):
    assert failure(courier, trial, pack(Unfit(reason="alpha is too old"))) == "alpha is too old"


def test_a_message_that_nobody_knows_stops_the_study(courier, trial):
    told = "a worker sent a message that nobody knows: str"
    assert failure(courier, trial, pack("hello")) == told


def test_a_trial_of_tunes_without_a_request_is_refused(courier):
    with pytest.raises(TypeError, match="NoneType instead of TrainTrial"):
        courier.on_trial_result(1, [], SimpleNamespace(trial_id="1", config={}), {})
