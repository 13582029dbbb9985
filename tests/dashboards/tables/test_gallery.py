"""Which misread images are shown, against answers written out by hand."""

import base64

import numpy as np

from dashboards.tables.gallery import (
    NO_CONFIDENCE,
    compact_codes,
    confusion_counts,
    count_classes,
    network_gallery,
    networks_gallery,
    titled_gallery,
    wrong_answers,
)
from dashboards.tables.packing import pack, pack_rows
from results.records.answers import Answers


def answers(predicted, *, label=(0, 0, 1, 1, 2), confidence=None):
    n = len(label)
    return Answers(
        trial_id="a",
        index=np.arange(100, 100 + n),
        label=np.array(label),
        predicted=np.array(predicted),
        confidence=np.full(n, 0.756, dtype="f4") if confidence is None else np.array(confidence),
    )


def rows(gallery, classes=3):
    codes = compact_codes(gallery.code, classes)
    columns = gallery.index, codes // classes, codes % classes, gallery.note
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_a_network_shows_what_it_misread_with_its_confidence():
    gallery = network_gallery(answers([0, 2, 1, 0, 2]), cap=9)
    assert rows(gallery) == [(101, 0, 2, 76), (103, 1, 0, 76)]
    assert gallery.missed == {0: 1, 1: 1}
    assert gallery.capped == {}


def test_a_confidence_that_is_no_number_is_marked():
    confidence = [np.nan, 0.5, 1.2, 0.0, 0.5]
    gallery = network_gallery(answers([1, 1, 0, 0, 2], confidence=confidence), cap=9)
    assert gallery.note.tolist() == [NO_CONFIDENCE, 50, 100, 0]


def test_the_cap_holds_for_each_confusion_and_is_told():
    gallery = network_gallery(answers([2, 2, 2, 0, 0], label=(0, 0, 0, 1, 1)), cap=2)
    assert gallery.index.tolist() == [100, 101, 103, 104]
    assert gallery.missed == {0: 3, 1: 2}
    assert gallery.embedded(3)["capped"] == {"2": 3}
    assert gallery.embedded(3)["missed"] == [3, 2, 0]


def test_networks_together_show_what_most_misread_first():
    several = [answers([0, 2, 0, 1, 2]), answers([2, 2, 1, 1, 2]), answers([2, 2, 2, 1, 2])]
    gallery = networks_gallery(list(map(wrong_answers, several)), cap=9)
    assert rows(gallery) == [(101, 0, 2, 3), (100, 0, 2, 2), (102, 1, 0, 1), (102, 1, 2, 1)]
    assert gallery.missed == {0: 2, 1: 1}


def test_images_pointed_at_stand_once_under_their_most_frequent_answer():
    several = [answers([1, 2, 0, 1, 2]), answers([2, 2, 2, 1, 2]), answers([2, 2, 2, 1, 2])]
    gallery = titled_gallery([100, 102, 104], list(map(wrong_answers, several)), cap=9)
    assert rows(gallery) == [(100, 0, 2, 2), (102, 1, 2, 2)]


def test_confusions_are_counted_right_answers_too():
    codes, counts = confusion_counts(answers([0, 2, 1, 1, 2]))
    assert compact_codes(codes, 3).tolist() == [0, 2, 4, 8]
    assert counts.tolist() == [1, 1, 2, 1]
    assert count_classes([codes]) == 3
    assert count_classes([]) == 0


def test_numbers_are_packed_as_narrow_as_they_fit():
    assert pack(np.array([1, 258])) == "2:AQACAQ=="
    assert pack(np.array([65536])) == "4:AAABAA=="
    packed = base64.b64decode(pack_rows([1, 2], [3, 4]).removeprefix("2:"))
    assert np.frombuffer(packed, dtype="<u2").tolist() == [1, 3, 2, 4]
