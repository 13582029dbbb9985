"""A file that declares a space: what it gives, and how a mistake in it is told."""

import hashlib
from pathlib import Path

import pytest

from search_spaces import SpaceError, find_space

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "dropout.py"
PLAIN = """from search_spaces import Factor, Space

def build_model(*, width, image_shape, classes):
    return None

SPACE = Space(
    name="mine",
    title="Widths",
    factors=(
        Factor(name="width", levels=(8, 16)),
        Factor(name="optimizer", levels=("sgd",)),
        Factor(name="loss", levels=("mse",)),
    ),
    settings={"epochs": 1},
    factory="build_model",
)
"""


def write(directory, text):
    path = directory / "mine.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_found_by_its_path(tmp_path):
    space = find_space(str(write(tmp_path, PLAIN)))
    assert space.name == "mine"
    assert len(space.cells()) == 2
    assert space.model_factory.source == PLAIN


def test_changed_code_is_another_version_of_the_maths_unless_one_is_named(tmp_path):
    first = find_space(str(write(tmp_path, PLAIN)))
    assert first.maths == f"mine/{hashlib.sha256(PLAIN.encode()).hexdigest()[:12]}"
    assert find_space(str(write(tmp_path, f"{PLAIN}# another\n"))).maths != first.maths
    named = PLAIN.replace('factory="build_model"', 'factory="build_model", maths="mine/1"')
    assert find_space(str(write(tmp_path, named))).maths == "mine/1"


def test_a_factory_elsewhere_needs_no_source(tmp_path):
    elsewhere = PLAIN.replace('"build_model"', '"study.network.notebook:build_model"')
    assert find_space(str(write(tmp_path, elsewhere))).model_factory.source == ""


def test_the_example_declares_eight_cells_and_a_claim():
    space = find_space(str(EXAMPLE))
    assert len(space.cells()) == 8
    assert [claim.factor for claim in space.claims] == ["dropout"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("SPACE = ", "SPACE == ", r"mine\.py:6: NameError: name 'SPACE' is not defined"),
        ("SPACE = Space(", "SPACE = dict(", r"mine\.py: SPACE is {.*; write SPACE = Space"),
        ("SPACE", "MY_SPACE", r"mine\.py: declares no SPACE; write SPACE = Space\(...\)"),
        ("return None", "return (", r"mine\.py:4: '\(' was never closed"),
        ("levels=(8, 16)", "levels=()", r"mine\.py:10: factor 'width' has no level"),
        ("(*, width,", "(*, widht,", r"mine\.py:3: factory 'build_model' takes unknown parameter "),
        ("(*, width,", "(*,", r"doesn't take the factor 'width', so it would change nothing"),
        ('"build_model"', '"build"', r"unknown factory 'build'; did you mean 'build_model'"),
        ('"loss"', '"dropout"', r"doesn't take the factor 'dropout'"),
        ("from search", "import sys; sys.exit(3)\nfrom search", r"mine\.py:1: SystemExit: 3"),
        ("from search_spaces", "import nowhere", r"invalid syntax"),
        ("    return", "    import keras\n    return 1 / 0\n    return", ""),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path, old, new, message):
    path = write(tmp_path, PLAIN.replace(old, new))
    if not message:
        assert find_space(str(path)).name == "mine"
        return
    with pytest.raises(SpaceError, match=message):
        find_space(str(path))


def test_a_held_optimizer_or_loss_is_still_declared(tmp_path):
    text = PLAIN.replace('        Factor(name="loss", levels=("mse",)),\n', "")
    with pytest.raises(SpaceError, match="has no factor 'loss'; give it one level to hold it"):
        find_space(str(write(tmp_path, text)))


@pytest.mark.parametrize("name", ["missing.py", "folder.py"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(SpaceError, match=rf"{name}: can't be read"):
        find_space(str(tmp_path / name))
