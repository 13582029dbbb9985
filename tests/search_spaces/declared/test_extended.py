"""The extended space: what it adds, and that it shares the records of `full`."""

import pytest

from search_spaces import Factor, LevelNote, SpaceError, find_space
from tests.given.studies import plan

EXTENDED = find_space("extended")


def test_it_has_1350_cells():
    # 5 normalizations, 6 optimizers, 3 losses, 5 activations, 3 filter orders
    assert len(set(EXTENDED.cells())) == 5 * 6 * 3 * 5 * 3 == 1350


def test_every_level_says_what_implements_it_and_why_it_is_there():
    for factor in EXTENDED.factors:
        assert list(factor.notes) == list(factor.levels)
        assert all(note.part and note.why for note in factor.notes.values())


def test_the_trials_of_full_are_among_its_own():
    full = {trial.id for trial in plan(find_space("full"), seeds=2)}
    assert len(full) == 64
    assert full < {trial.id for trial in plan(EXTENDED, seeds=2)}


def test_held_levels_keep_their_notes():
    space = EXTENDED.narrowed({"optimizer": ["lion"]})
    assert list(space.factor("optimizer").notes) == ["lion"]


def test_a_note_on_no_level_is_refused():
    with pytest.raises(SpaceError, match="has a note on 'b', which is no level"):
        Factor(name="x", levels=("a",), notes={"b": LevelNote(part="p", why="w")})
