"""The boundary under random input: a clear error or a correct run, never anything else."""

import contextlib
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dashboards.tables.runs import (
    curve_points,
    model_table,
    outcome_lattice,
    run_points,
    trial_table,
)
from results import ResultsError, StudyPaths, load_study
from results.records.inventory import set_aside, take_inventory
from results.records.store import write_record
from results.report.cells import cell_table
from results.report.findings import analyse
from results.summary import summary_text
from results.verify import verify
from search_spaces import SETTINGS, Factor, Protocol, Space, SpaceError, find_space
from study.data.npz import ARRAYS, DataError
from study.data.pictures import image_table
from study.data.sources import load_dataset
from study.planning.options import read_options
from study.planning.plan import make_plan
from study.planning.table import plan_table
from tests.given.studies import plan, record, write_study

# The files of an example are made anew in it, in a folder that the examples share.
FUZZ = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXT = st.text(max_size=12)
TABLES = (cell_table, outcome_lattice, run_points, curve_points, trial_table, model_table)
NAMES = st.sampled_from(
    (
        *("--space", "--dataset", "--seeds", "--epochs", "--train-size", "--test-size", "--set"),
        *("--workers", "--address", "--dry-run", "--out", "--help-me", "-x", "--"),
    )
)
VALUES = st.one_of(
    TEXT,
    st.sampled_from(["smoke", "full", "notebook", "digits", "mnist", "optimizer=sgd", "epochs=2"]),
    st.integers(-(10**12), 10**12).map(str),
    st.floats().map(lambda number: f"learning_rate={number}"),
    st.builds("{}={}".format, st.sampled_from([*SETTINGS, "loss", "optimiser"]), TEXT),
)


@FUZZ
@given(st.lists(st.one_of(NAMES, VALUES), max_size=6))
def test_any_arguments_are_options_or_refused_with_exit_code_2(arguments):
    try:
        assert read_options(arguments).seeds >= 1
    except SystemExit as refused:
        assert refused.code in (0, 2)


@FUZZ
@given(st.lists(st.tuples(st.just("--set"), VALUES), max_size=3), st.integers(1, 3))
def test_any_settings_make_a_plan_or_a_clear_error(pairs, seeds):
    given_ = [text for pair in pairs for text in pair]
    command = ["--space", "smoke", "--dataset", "digits", "--seeds", str(seeds), *given_]
    try:
        plan = make_plan(read_options(command))
    except (SpaceError, DataError) as error:
        assert str(error)
    except SystemExit as refused:
        assert refused.code == 2
    else:
        assert len({trial.id for trial in plan.trials}) == len(plan.trials) >= seeds
        assert plan_table(plan).row_count > 0


LEVELS = st.one_of(
    TEXT, st.integers(), st.floats(), st.booleans(), st.none(), st.binary(max_size=3)
)


@FUZZ
@given(st.one_of(TEXT, st.sampled_from(["loss", "epochs", "a"])), st.lists(LEVELS, max_size=4))
def test_any_declared_factor_makes_a_space_or_a_clear_error(name, levels):
    protocol = Protocol(
        dataset="d", dataset_hash="0" * 64, train_size=1, test_size=1, epochs=1, batch_size=1,
        evaluation_batch_size=1, learning_rate=0.1,
    )  # fmt: skip
    with contextlib.suppress(SpaceError):
        factor = Factor(name=name, levels=tuple(levels))
        space = Space(name="s", title="t", factors=(factor,), settings={}, factory="f:f", maths="1")
        assert len(space.trials(protocol, range(2))) == 2 * len(levels)


PLAIN_ARRAYS = {
    "images": np.arange(4 * 64, dtype=np.uint8).reshape(4, 8, 8),
    "colours": np.ones((4, 8, 8, 3), np.float32),
    "black": np.zeros((4, 8, 8), np.uint8),
    "labels": np.arange(4) % 2,
    "one class": np.zeros(4, int),
    "no numbers": np.full((4, 8, 8), np.nan),
}
DTYPES = st.one_of(
    arrays.integer_dtypes(),
    arrays.floating_dtypes(),
    arrays.boolean_dtypes(),
    arrays.complex_number_dtypes(),
    arrays.unicode_string_dtypes(max_len=3),
)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9)
ANY_ARRAY = st.one_of(
    arrays.arrays(dtype=DTYPES, shape=SHAPES),
    st.sampled_from(sorted(PLAIN_ARRAYS)).map(lambda name: PLAIN_ARRAYS[name]),
)


@FUZZ
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(ARRAYS, ANY_ARRAY)))
def test_any_arrays_make_a_data_set_or_a_clear_error(tmp_path, contents):
    path = tmp_path / "own.npz"
    np.savez(path, **contents)
    try:
        data = load_dataset(str(path))
    except DataError as error:
        assert "own.npz" in str(error)
    else:
        assert np.isfinite(data.x_train).all()
        assert set(np.unique(data.y_train)) == set(range(data.form.classes))
        assert len(image_table(data)) == len(data.y_test)


@st.composite
def harm(draw, content: bytes) -> bytes:
    """The content with a byte changed, a stretch lost, doubled or blanked."""
    place = draw(st.integers(0, len(content) - 1))
    length = draw(st.integers(1, 64))
    head, stretch, tail = (
        content[:place],
        content[place : place + length],
        content[place + length :],
    )
    ways = {
        "flip": head + bytes([content[place] ^ draw(st.integers(1, 255))]) + content[place + 1 :],
        "lose": head + tail,
        "double": head + stretch + stretch + tail,
        "blank": head + bytes(len(stretch)) + tail,
        "end": head,
    }
    return ways[draw(st.sampled_from(sorted(ways)))]


@FUZZ
@given(st.data())
def test_a_harmed_npz_is_the_same_data_or_a_clear_error(tmp_path, data):
    path = tmp_path / "own.npz"
    rng = np.random.default_rng(0)
    images, labels = rng.integers(1, 255, (12, 8, 8)).astype(np.uint8), np.arange(12) % 3
    np.savez_compressed(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    whole = load_dataset(str(path))
    path.write_bytes(data.draw(harm(path.read_bytes())))
    try:
        assert load_dataset(str(path)).hash == whole.hash
    except DataError as error:
        assert "own.npz" in str(error)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A study of compacted files and a part, with recorded models in its description."""
    directory = tmp_path_factory.mktemp("sound")
    space = find_space("notebook")
    paths = write_study(directory, space=space, seeds=2)
    write_record(paths, record(plan(space, seeds=3)[-1]))
    return directory


def tables(directory):
    study = load_study(directory)
    return study.trials, study.epochs, study.predictions, study.images


@FUZZ
@given(st.data())
def test_a_harmed_file_of_records_is_the_same_records_or_a_clear_error(sound, tmp_path, data):
    before = tables(sound)
    shutil.rmtree(tmp_path / "study", ignore_errors=True)
    shutil.copytree(sound, tmp_path / "study")
    paths = StudyPaths(tmp_path / "study")
    path = data.draw(st.sampled_from(sorted(paths.root.rglob("*.parquet"))))
    path.write_bytes(data.draw(harm(path.read_bytes())))
    # What the command does before it builds on what is there.
    with contextlib.suppress(ResultsError):
        set_aside(take_inventory(paths))
        recorded = take_inventory(paths).recorded
        trials, epochs, predictions, _ = tables(paths.root)
        for kept, original in zip((trials, epochs, predictions), before, strict=False):
            mine = kept[kept["trial_id"].isin(recorded)].reset_index(drop=True)
            same = original[original["trial_id"].isin(recorded)].reset_index(drop=True)
            pd.testing.assert_frame_equal(mine, same)


@FUZZ
@given(st.data())
def test_a_harmed_file_of_records_is_read_unchanged_or_named(sound, tmp_path, data):
    before = tables(sound)
    shutil.rmtree(tmp_path / "study", ignore_errors=True)
    shutil.copytree(sound, tmp_path / "study")
    path = data.draw(st.sampled_from(sorted((tmp_path / "study").rglob("*.parquet"))))
    path.write_bytes(data.draw(harm(path.read_bytes())))
    try:
        after = tables(tmp_path / "study")
        problems = verify(tmp_path / "study").problems
    except ResultsError as error:
        assert str(tmp_path) in str(error)
    else:
        for left, right in zip(before, after, strict=True):
            assert left.equals(right) or problems, path.name


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=8,
)


def places(document, path=()):
    """The path of every value in a document, its own too."""
    yield path
    items = enumerate(document) if isinstance(document, list) else ()
    for key, value in document.items() if isinstance(document, dict) else items:
        yield from places(value, (*path, key))


def replaced(document, path, value):
    """The document with the value at a path replaced."""
    if not path:
        return value
    changed = document.copy()
    changed[path[0]] = replaced(document[path[0]], path[1:], value)
    return changed


@FUZZ
@given(st.data())
def test_any_description_is_a_study_or_a_clear_error(sound, tmp_path, data):
    shutil.rmtree(tmp_path / "study", ignore_errors=True)
    shutil.copytree(sound, tmp_path / "study")
    path = StudyPaths(tmp_path / "study").description
    document = json.loads(path.read_text())
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.sampled_from(list(places(document))))
        document = replaced(document, at, data.draw(JSON))
    path.write_text(json.dumps(document))
    try:
        study = load_study(path.parent)
    except ResultsError as error:
        assert str(path) in str(error) or "no records" in str(error)
    else:
        assert summary_text(study, analyse(study))
        for table in TABLES:
            assert table(study) is not None


@FUZZ
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_for_a_description_are_a_clear_error(sound, tmp_path, content):
    shutil.rmtree(tmp_path / "study", ignore_errors=True)
    shutil.copytree(sound, tmp_path / "study")
    path = StudyPaths(tmp_path / "study").description
    path.write_bytes(content)
    with pytest.raises(ResultsError, match=r"study\.json"):
        load_study(path.parent)
