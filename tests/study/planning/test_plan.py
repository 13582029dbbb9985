"""What a plan takes from the records that are there."""

import pytest

from results import ResultsError
from results.records.store import read_trials
from study.planning.options import read_options
from study.planning.plan import make_plan
from tests.given.tuned_studies import write_tuned_study


def test_a_study_stopped_while_it_tunes_keeps_its_kernel(tmp_path):
    """Nothing but tuning is recorded by then, and that is of the study too."""
    paths = write_tuned_study(tmp_path / "study", error=lambda _: 0.1, most=2)
    rows = read_trials(paths)
    assert (set(rows["regime"]), set(rows["kernel"])) == ({"tuning"}, {"banded"})
    command = ["--space", "tuned", "--dataset", "digits", "--out", str(paths.root)]
    assert make_plan(read_options(command)).kernel == "banded"
    with pytest.raises(ResultsError, match="recorded with kernel banded, and a study has one"):
        make_plan(read_options([*command, "--kernel", "stock"]))
