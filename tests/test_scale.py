"""The simulation of large clusters, against studies worked out by hand."""

import numpy as np
import pytest

from benchmarks.scale import Costs, epoch_times, simulate

FREE = Costs(trial=0.0, epoch=0.0, worker_start=0.0)


def test_whoever_is_free_takes_the_next_trial():
    """Two workers: one trains 3 s, the other twice 2 s."""
    found = simulate(np.array([3.0, 2.0, 2.0]), epochs=1, workers=2, costs=FREE)
    assert found.records.tolist() == [2, 3, 4]
    assert found.seconds == 4
    assert found.tail == 1
    assert found.workers_busy == 7 / 8
    assert found.driver_busy == 0


def test_a_worker_waits_until_its_report_has_been_dealt_with():
    """Handed out by 1, trained to 4, reported by 5, trained to 8, reported by 9, recorded by 10."""
    costs = Costs(trial=2.0, epoch=1.0, worker_start=0.0)
    found = simulate(np.array([3.0]), epochs=2, workers=1, costs=costs)
    assert found.seconds == 10
    assert found.driver_busy == 4 / 10
    assert found.workers_busy == 6 / 10


@pytest.mark.parametrize("workers", [10, 100])
def test_a_driver_that_is_always_busy_sets_the_pace_whatever_the_workers(workers):
    costs = Costs(trial=1.0, epoch=0.5, worker_start=0.0)
    found = simulate(np.full(200, 1e-3), epochs=4, workers=workers, costs=costs)
    assert found.driver_busy == pytest.approx(1, abs=1e-3)
    assert found.seconds == pytest.approx(200 * (1 + 4 * 0.5), rel=1e-3)


def test_workers_that_never_get_a_trial_make_nothing_faster():
    few, many = (
        simulate(np.array([3.0, 2.0]), epochs=1, workers=workers, costs=FREE) for workers in (2, 9)
    )
    assert few.seconds == many.seconds == 3


def test_times_are_those_measured_longest_networks_first():
    times = epoch_times(3200, images=60_000, rng=np.random.default_rng(1))
    assert len(times) == 3200
    assert times[:1600].mean() > 1.5 * times[1600:].mean()
