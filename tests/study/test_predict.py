"""Networks kept as files, and what they answer about a person's images."""

import io
import json
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
from PIL import Image

from results import StudyPaths
from search_spaces import ModelFactory
from study.data.pictures import fit_picture, read_picture
from study.network.factory import find_factory
from study.network.notebook import build_model
from study.predict import main
from study.training.kept_models import lacking_sentence, write_model
from study.training.model_files import read_model, trained_model
from study.training.trial import train_trial
from tests.given.trials import ORIGIN, small_digits, small_trial

pytestmark = pytest.mark.usefixtures("one_thread")
DIGITS = small_digits()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A record, and the file of its network."""
    trial = small_trial(DIGITS, normalization="none", settings={"epochs": 3})
    record = train_trial(trial, DIGITS, factory=build_model, origin=ORIGIN)
    content = trained_model(trial, DIGITS, factory=build_model, kernel="banded")
    path = tmp_path_factory.mktemp("models") / f"{trial.id}.keras"
    path.write_bytes(content)
    return record, path


def predictions_of(record):
    return record.predictions.to_pandas()


def test_a_kept_network_gives_the_recorded_answers_in_stock_keras(trained):
    record, path = trained
    model = keras.saving.load_model(path)
    outputs = model.predict(DIGITS.x_test / 255.0, batch_size=32, verbose=0)
    recorded = predictions_of(record)
    assert outputs.argmax(axis=1).tolist() == recorded["predicted"].tolist()
    assert outputs.max(axis=1) == pytest.approx(recorded["confidence"].to_numpy(), abs=1e-4)


def test_a_kept_network_tells_of_its_trial(trained):
    record, path = trained
    _, origin = read_model(path)
    assert origin["trial_id"] == record.trial_id == path.stem
    assert origin["cell"]["normalization"] == "none"
    assert origin["pixel_max"] == 255


def test_images_are_answered_one_by_one_as_recorded(trained, tmp_path, capsys):
    record, path = trained
    recorded = predictions_of(record)
    Image.fromarray(DIGITS.x_test[0, ..., 0]).save(tmp_path / "first.png")
    np.save(tmp_path / "all.npy", DIGITS.x_test[..., 0])
    assert main([str(path), str(tmp_path / "first.png"), str(tmp_path / "all.npy")]) == 0
    told = capsys.readouterr()
    first, *rest = told.out.splitlines()
    answers = [line.rpartition(": ")[2].split()[0] for line in (first, *rest)]
    expected = [str(value) for value in recorded["predicted"]]
    assert answers == [expected[0], *expected]
    assert first.endswith(f"({100 * recorded['confidence'][0]:.1f} %)")
    assert rest[3].startswith(f"{tmp_path / 'all.npy'}[3]: ")
    assert "batch" not in told.err


def test_range_normalization_is_said_to_depend_on_the_batch(tmp_path, capsys):
    levels = {"activation": "relu", "filter_order": "ascending"}
    build_model(normalization="range", **levels).save(tmp_path / "range.keras")
    Image.fromarray(DIGITS.x_test[0, ..., 0]).save(tmp_path / "first.png")
    assert main([str(tmp_path / "range.keras"), str(tmp_path / "first.png")]) == 0
    assert "range normalization depends on the batch" in capsys.readouterr().err


def test_a_network_of_nan_gives_no_answer(tmp_path, capsys):
    model = build_model(normalization="none", activation="relu", filter_order="ascending")
    model.set_weights([np.full_like(one, np.nan) for one in model.get_weights()])
    model.save(tmp_path / "nan.keras")
    np.save(tmp_path / "one.npy", DIGITS.x_test[0, ..., 0])
    assert main([str(tmp_path / "nan.keras"), str(tmp_path / "one.npy")]) == 0
    assert "no answer: its outputs are not finite" in capsys.readouterr().out


def test_pictures_are_made_grey_resized_and_scaled(tmp_path):
    # Half white, half black, twice as large as wanted.
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:, 8:] = 255
    path = tmp_path / "half.png"
    Image.fromarray(pixels).save(path)
    (image,) = fit_picture(path, read_picture(path), shape=(8, 8, 1), pixel_max=1.0)
    assert image.shape == (8, 8, 1)
    assert image[:, 0, 0] == pytest.approx(np.zeros(8))
    assert image[:, 7, 0] == pytest.approx(np.ones(8))


@pytest.mark.parametrize(
    ("shape", "wanted", "count"),
    [
        ((8, 8), (8, 8, 1), 1),
        ((5, 8, 8), (8, 8, 1), 5),
        ((8, 8, 3), (8, 8, 3), 1),
        ((5, 9, 7, 3), (8, 8, 3), 5),
        ((8, 8, 1), (8, 8, 1), 1),
    ],
)
def test_an_array_is_one_image_or_several_in_the_pixels_of_the_data_set(
    shape, wanted, count, tmp_path
):
    path = tmp_path / "array.npy"
    np.save(path, np.full(shape, 8.0))
    images = fit_picture(path, read_picture(path), shape=wanted, pixel_max=16.0)
    assert images.shape == (count, *wanted)
    assert images == pytest.approx(np.full(images.shape, 0.5))


def written(path, content):
    path.write_bytes(content)
    return path


def pickled():
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}], dtype=object), allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.png", None, "none.png: there is no such file"),
        ("text.png", b"hello", "text.png: no picture (PNG, JPEG, ...) and no .npy array"),
        ("pickle.npy", pickled(), "pickle.npy: can't be read (Object arrays cannot be loaded"),
        ("short.npy", b"\x93NUMPY", "short.npy: can't be read"),
    ],
)
def test_a_bad_image_is_told_in_one_line(name, content, message, trained, tmp_path, capsys):
    _, path = trained
    if content is not None:
        written(tmp_path / name, content)
    assert main([str(path), str(tmp_path / name)]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert (told.out, told.err.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array(["a"]), "an array of <U1, shape (1,); allowed are numbers"),
        (np.array([[np.nan]]), "has pixels that are not finite"),
        (np.zeros((2, 8, 8, 3)), "shape (2, 8, 8, 3); this network takes 1 channels"),
    ],
)
def test_an_array_that_is_no_image_is_told_in_one_line(array, message, trained, tmp_path, capsys):
    _, path = trained
    np.save(tmp_path / "array.npy", array)
    assert main([str(path), str(tmp_path / "array.npy")]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.keras", None, "none.keras: there is no such file"),
        ("text.keras", b"hello", "text.keras: no network that can be loaded"),
    ],
)
def test_a_bad_network_is_told_in_one_line(name, content, message, tmp_path, capsys):
    if content is not None:
        written(tmp_path / name, content)
    np.save(tmp_path / "one.npy", np.zeros((28, 28)))
    assert main([str(tmp_path / name), str(tmp_path / "one.npy")]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.err.count("\n") == 1


def test_a_network_that_takes_no_images_is_refused(tmp_path, capsys):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.save(tmp_path / "flat.keras")
    np.save(tmp_path / "one.npy", np.zeros((28, 28)))
    assert main([str(tmp_path / "flat.keras"), str(tmp_path / "one.npy")]) == 2
    assert (
        "a network from (None, 4) to (None, 2); one of images is needed" in capsys.readouterr().err
    )


def test_code_in_a_network_is_not_run(tmp_path, capsys):
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Lambda(lambda x: x), keras.layers.Flatten()]
    )
    model.save(tmp_path / "code.keras")
    np.save(tmp_path / "one.npy", np.zeros((28, 28)))
    assert main([str(tmp_path / "code.keras"), str(tmp_path / "one.npy")]) == 2
    assert "no network that can be loaded" in capsys.readouterr().err


def test_the_origin_is_an_entry_that_keras_passes_over(trained):
    _, path = trained
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("study.json"))["seed"] == 0


def test_a_study_says_which_of_its_trials_have_no_network(tmp_path):
    paths = StudyPaths(tmp_path)
    write_model(paths, "aa", b"model")
    assert lacking_sentence(paths, ["aa"]) == ""
    told = lacking_sentence(paths, ["aa", "bb", "cc", "dd", "ee"])
    assert told.startswith("4 recorded without a model (bb, cc, dd and 1 more); ")
    assert f"python -m study.retrain {tmp_path} --save-models" in told


@pytest.mark.slow
def test_help_teaches_with_an_example():
    done = subprocess.run(
        [sys.executable, "-m", "study.predict", "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "--save-models" in done.stdout
    done = subprocess.run(
        [sys.executable, "-m", "study.predict", "model.keras"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


OWN = """\
import keras

from search_spaces import Factor, Space

@keras.saving.register_keras_serializable()
class Half(keras.layers.Layer):
    def call(self, inputs):
        return inputs / 2

def build(*, width, image_shape, classes):
    return keras.Sequential([
        keras.Input(image_shape), Half(), keras.layers.Flatten(),
        keras.layers.Dense(classes, activation="softmax"),
    ])

SPACE = Space(
    name="own",
    title="A layer of its own",
    factors=(
        Factor(name="width", levels=(1,)),
        Factor(name="optimizer", levels=("sgd",)),
        Factor(name="loss", levels=("mse",)),
    ),
    settings={"epochs": 1},
    factory="build",
)
"""


def asked(*arguments):
    command = [sys.executable, "-m", "study.predict", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.slow
def test_layers_of_ones_own_are_found_by_the_file_that_declares_them(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN, encoding="utf-8")
    build = find_factory(ModelFactory(name="build", source=OWN, file=str(path)))
    build(width=1, image_shape=(8, 8, 1), classes=3).save(tmp_path / "own.keras")
    np.save(tmp_path / "one.npy", np.zeros((8, 8)))
    told = asked(tmp_path / "own.keras", tmp_path / "one.npy", "--space", path)
    assert told.returncode == 0, told.stderr
    assert "one.npy: 0 (33.3 %)" in told.stdout
    refused = asked(tmp_path / "own.keras", tmp_path / "one.npy")
    assert refused.returncode == 2
    assert "own.keras: no network that can be loaded" in refused.stderr
    assert refused.stderr.count("\n") == 1
