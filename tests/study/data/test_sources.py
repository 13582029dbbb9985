import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from study.data.npz import DataError
from study.data.sources import load_dataset


def arrays(**changes):
    rng = np.random.default_rng(0)
    plain = {
        "x_train": rng.integers(0, 256, (20, 10, 12), dtype=np.uint8),
        "y_train": np.arange(20) % 4,
        "x_test": rng.integers(0, 256, (8, 10, 12), dtype=np.uint8),
        "y_test": np.arange(8) % 4,
    }
    return {**plain, **changes}


def save(path: Path, **changes) -> str:
    kept = {name: array for name, array in arrays(**changes).items() if array is not None}
    np.savez(path / "own.npz", **kept)
    return str(path / "own.npz")


def test_digits_are_all_1797_images_resized_to_28x28():
    digits = load_dataset("digits")
    assert digits.x_train.shape == (1437, 28, 28, 1)
    assert digits.x_test.shape == (360, 28, 28, 1)
    assert digits.form.classes == 10
    assert digits.form.pixel_max == 255


def test_digits_split_keeps_the_share_of_each_class_and_is_always_the_same():
    first, second = load_dataset("digits"), load_dataset("digits")
    assert np.bincount(first.y_test).tolist() == [36, 36, 35, 37, 36, 37, 36, 36, 35, 36]
    assert first.hash == second.hash
    assert np.array_equal(first.x_test, second.x_test)


def test_resized_digits_still_average_to_the_small_ones():
    digits = load_dataset("digits")
    small = np.asarray(
        Image.fromarray(digits.x_train[0, ..., 0]).resize((8, 8), Image.Resampling.BOX)
    )
    assert 0 < small.mean() < 255
    assert abs(small.mean() - digits.x_train[0].mean()) < 3


def test_mnist_is_found_through_the_environment_variable(mnist, monkeypatch):
    monkeypatch.setenv("STUDY_DATA", str(mnist))
    data = load_dataset("mnist")
    assert data.name == "mnist"
    assert data.x_train.shape == (60000, 28, 28, 1)
    assert (data.y_test == 1).sum() == 1135


def test_mnist_is_found_in_the_cache_of_keras(mnist, monkeypatch, tmp_path):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "mnist.npz").symlink_to(mnist.resolve())
    monkeypatch.delenv("STUDY_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert load_dataset("mnist").x_test.shape == (10000, 28, 28, 1)


def test_other_images_under_the_name_of_mnist_are_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("STUDY_DATA", save(tmp_path))
    with pytest.raises(DataError, match=r"STUDY_DATA=.*x_train is not MNIST's.*--dataset"):
        load_dataset("mnist")


def test_a_missing_file_in_the_environment_variable_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("STUDY_DATA", str(tmp_path / "gone.npz"))
    with pytest.raises(DataError, match=r"STUDY_DATA=.*gone.npz: there is no such file"):
        load_dataset("mnist")


def test_an_unknown_data_set_is_refused_with_the_nearest_name():
    with pytest.raises(DataError, match="unknown data set 'digit'; did you mean 'digits'"):
        load_dataset("digit")


def test_an_own_file_is_read_as_it_is(tmp_path):
    data = load_dataset(save(tmp_path))
    expected = arrays()
    assert data.name == "own"
    assert np.array_equal(data.x_train[..., 0], expected["x_train"])
    assert data.y_test.tolist() == expected["y_test"].tolist()
    assert data.form.shape == (10, 12, 1)
    assert data.form.classes == 4


def test_the_same_arrays_have_the_same_hash_under_any_file_name(tmp_path):
    first = load_dataset(save(tmp_path))
    other = tmp_path / "other.npz"
    np.savez_compressed(other, **arrays())
    assert load_dataset(str(other)).hash == first.hash


def test_another_pixel_gives_another_hash(tmp_path):
    first = load_dataset(save(tmp_path)).hash
    changed = arrays()["x_test"].copy()
    changed[0, 0, 0] ^= 1
    assert load_dataset(save(tmp_path, x_test=changed)).hash != first


def test_float_images_are_kept_with_their_largest_pixel(tmp_path):
    images = arrays()["x_train"] / 51
    data = load_dataset(save(tmp_path, x_train=images, x_test=images[:8]))
    assert data.form.dtype == "float32"
    assert data.form.pixel_max == pytest.approx(5.0)


BAD_ARRAYS = {
    "missing": ({"y_test": None}, "has no array 'y_test'"),
    "flat images": ({"x_train": np.zeros((20, 120))}, r"x_train has shape \(20, 120\)"),
    "five channels": ({"x_train": np.zeros((20, 10, 12, 5))}, "x_train has shape"),
    "no images": ({"x_train": np.zeros((0, 10, 12))}, "x_train has shape"),
    "small images": ({"x_train": np.ones((20, 7, 12))}, r"images of \(7, 12\) pixels"),
    "text images": ({"x_train": np.full((20, 10, 12), "a")}, "x_train has type"),
    "NaN pixel": ({"x_train": np.full((20, 10, 12), np.nan)}, "negative, infinite or NaN"),
    "negative pixel": ({"x_test": np.full((8, 10, 12), -1)}, "x_test holds a negative"),
    "black": ({"x_train": np.zeros((20, 10, 12), np.uint8)}, "every pixel of x_train is 0"),
    "other shape": ({"x_test": np.ones((8, 9, 12), np.uint8)}, "differ in shape"),
    "other type": ({"x_test": np.ones((8, 10, 12))}, "differ in type"),
    "fewer labels": ({"y_train": np.arange(19) % 4}, "20 images in x_train, 19 in y_train"),
    "one-hot labels": ({"y_train": np.eye(20)}, r"y_train has shape \(20, 20\)"),
    "float labels": ({"y_train": np.arange(20) / 2}, "y_train has type float64"),
    "negative label": ({"y_train": np.arange(20) % 4 - 1}, "the label -1.*0 to 3 are allowed"),
    "label gap": ({"y_train": np.where(np.arange(20) % 4, 9, 0)}, "the label 9"),
    "new test label": ({"y_test": np.arange(8)}, "y_test holds the label 4"),
    "one class": ({"y_train": np.zeros(20, int), "y_test": np.zeros(8, int)}, "one class only"),
}


@pytest.mark.parametrize(("changes", "message"), BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_a_wrong_array_is_refused_with_file_and_reason(changes, message, tmp_path):
    path = save(tmp_path, **changes)
    with pytest.raises(DataError, match=f"own.npz.*{message}"):
        load_dataset(path)


def test_pickled_arrays_are_refused_unopened(tmp_path):
    path = save(tmp_path, x_train=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataError, match=r"refused .*plain number arrays only"):
        load_dataset(path)


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(DataError, match=r"text.npz: refused"):
        load_dataset(str(tmp_path / "text.npz"))


def test_a_directory_is_refused(tmp_path):
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(DataError, match=r"folder.npz: can't be read"):
        load_dataset(str(tmp_path / "folder.npz"))


@pytest.mark.parametrize("kept", [0.2, 0.6, 0.99])
def test_a_truncated_file_is_refused(kept, tmp_path):
    path = Path(save(tmp_path))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(DataError, match=r"own.npz"):
        load_dataset(str(path))


def test_a_flipped_byte_is_noticed(tmp_path):
    path = Path(save(tmp_path))
    content = bytearray(path.read_bytes())
    content[1000] ^= 255
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"own.npz"):
        load_dataset(str(path))


def test_one_bare_array_is_refused(tmp_path):
    with (tmp_path / "bare.npz").open("wb") as file:
        np.save(file, np.arange(3))
    with pytest.raises(DataError, match="holds one array"):
        load_dataset(str(tmp_path / "bare.npz"))


def test_an_archive_of_other_files_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.npz", "w") as archive:
        archive.writestr("x_train", "not an array")
    with pytest.raises(DataError, match="has no array 'y_train'"):
        load_dataset(str(tmp_path / "other.npz"))
