"""What a process computes with, and what differs between two."""

import shutil
from importlib.metadata import version

from study.process.installation import code_hash, difference, installation
from tests.given.places import ROOT


def test_an_installation_names_versions_and_code():
    found = installation()
    assert set(found) == {"python", "code", "ray", "tensorflow", "keras", "numpy"}
    assert found["numpy"] == version("numpy")
    assert found["code"] == code_hash(ROOT)


def test_a_difference_names_what_is_there_and_what_should_be():
    expected = {"python": "3.12.3", "numpy": "2.4.6", "keras": "3.15.1"}
    assert difference(expected, expected) == ""
    found = {"python": "3.12.3", "numpy": "2.4.5"}
    assert (
        difference(expected, found) == "numpy 2.4.5 instead of 2.4.6, keras none instead of 3.15.1"
    )


def test_code_has_another_hash_when_a_file_changes_its_content_or_its_name(tmp_path):
    for package in ("search_spaces", "results", "study"):
        shutil.copytree(ROOT / package, tmp_path / package)
    assert code_hash(tmp_path) == code_hash(ROOT)
    file = tmp_path / "study" / "network" / "notebook.py"
    file.write_text(file.read_text() + "# another end\n")
    changed = code_hash(tmp_path)
    file.rename(file.with_name("models_of_ours.py"))
    assert len({code_hash(ROOT), changed, code_hash(tmp_path)}) == 3
