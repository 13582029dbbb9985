"""Imports without garbage collections."""

import gc
import sys

import pytest

from study.process.imports import import_frozen


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module that tells whether garbage was collected while it was imported."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "told", raising=False)
    yield tmp_path / "told.py"
    gc.unfreeze()


@pytest.mark.parametrize("collecting", [True, False])
def test_garbage_is_collected_afterwards_as_before_and_not_meanwhile(module, collecting):
    module.write_text("import gc\ncollecting = gc.isenabled()\n")
    before = gc.isenabled()
    (gc.enable if collecting else gc.disable)()
    try:
        import_frozen("told")
        assert gc.isenabled() is collecting
    finally:
        (gc.enable if before else gc.disable)()
    assert sys.modules["told"].collecting is False
    assert gc.get_freeze_count() > 0


def test_after_an_import_that_fails_garbage_is_collected_as_before(module):
    module.write_text("import gc\nraise RuntimeError(str(gc.isenabled()))\n")
    with pytest.raises(RuntimeError, match="False"):
        import_frozen("told")
    assert gc.isenabled()


def test_a_module_that_is_there_already_freezes_nothing(module):
    gc.unfreeze()
    import_frozen("json")
    assert gc.get_freeze_count() == 0
