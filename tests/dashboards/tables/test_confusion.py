"""The tables of the confusion page, against the predictions they are made from."""

import base64
import dataclasses
import json

import numpy as np
import pytest

from dashboards.pages.links import claim_links
from dashboards.tables.confusion import LARGEST_CAP, read_confusions
from dashboards.tables.embedding import embedded_confusions
from results import Outcome, load_study
from results.analysis.examples import FixedImages
from results.report.findings import analyse
from results.statistics.examples.recall import cell_recall
from search_spaces import find_space
from search_spaces.vocabulary.claim import RecordedPair
from tests.given.studies import N_IMAGES, write_study


def confusions_of(directory, **options):
    study = load_study(write_study(directory, **options).root)
    return study, read_confusions(study, analyse(study))


def unpacked(text, columns):
    width, packed = text.split(":")
    numbers = np.frombuffer(base64.b64decode(packed), dtype=f"<u{width}")
    return numbers.reshape(-1, columns).tolist()


def test_each_matrix_holds_what_the_predictions_say(tmp_path):
    study, confusions = confusions_of(tmp_path, seeds=2)
    assert confusions.classes == 10
    networks = [network for cell in confusions.cells for network in cell.networks]
    assert [network.trial_id for network in networks] == study.trials["trial_id"].tolist()
    rows = study.predictions.groupby(["trial_id", "label", "predicted"]).size()
    for network in networks:
        matrix = network.matrix(10)
        assert matrix.sum() == N_IMAGES
        assert np.trace(matrix) / N_IMAGES == pytest.approx(network.accuracy)
        for (label, predicted), count in rows[network.trial_id].items():
            assert matrix[label, predicted] == count


def test_a_cell_is_judged_by_the_networks_that_trained(tmp_path):
    def first_fails(trial):
        return Outcome.CONSTANT if trial.seed == 0 else Outcome.TRAINED

    _, confusions = confusions_of(tmp_path, seeds=3, outcome=first_fails)
    assert {cell.counted for cell in confusions.cells} == {(1, 2)}
    assert confusions.cells[0].matrices(10).shape == (2, 10, 10)


def test_a_cell_that_never_trained_is_judged_by_all_its_networks(tmp_path):
    _, confusions = confusions_of(tmp_path, seeds=2, outcome=lambda _: Outcome.CONSTANT)
    assert {cell.counted for cell in confusions.cells} == {(0, 1)}
    matrix = confusions.cells[0].matrices(10).mean(axis=0)
    assert matrix[:, 1].tolist() == [N_IMAGES / 10] * 10


def test_trials_without_predictions_leave_an_empty_page(tmp_path):
    study, confusions = confusions_of(tmp_path, outcome=lambda _: Outcome.ERROR)
    assert (confusions.classes, confusions.cells) == (0, ())
    json.dumps(embedded_confusions(confusions, study.images))


def test_the_page_embeds_recall_matrices_and_the_images_misread(tmp_path):
    study, confusions = confusions_of(tmp_path, seeds=2)
    data = embedded_confusions(confusions, study.images)
    cell, own = data["cells"][0], confusions.cells[0]
    correct = np.diagonal(own.matrices(10), axis1=1, axis2=2)
    seen = own.matrices(10).sum(axis=2)
    for label, recall in enumerate(cell["recall"]):
        assert recall == pytest.approx(cell_recall(correct[:, label], seen[:, label]), abs=1e-5)
    assert dict(unpacked(cell["networks"][0]["matrix"], 2)) == {
        place: count for place, count in enumerate(own.networks[0].matrix(10).ravel()) if count
    }
    wrong = study.predictions[study.predictions["label"] != study.predictions["predicted"]]
    assert set(data["images"]) == set(wrong["index"].astype(str))
    assert data["left_out"] == 0


def test_images_that_do_not_fit_are_counted(tmp_path, monkeypatch):
    study, confusions = confusions_of(tmp_path)
    whole = embedded_confusions(confusions, study.images)["images"]
    (length,) = {len(picture) for picture in whole.values()}
    monkeypatch.setattr("dashboards.tables.embedding.CHARACTERS_OF_IMAGES", 3 * length)
    data = embedded_confusions(confusions, study.images)
    assert (len(data["images"]), data["left_out"]) == (3, len(whole) - 3)


def test_images_that_findings_point_at_are_shown_by_name(tmp_path):
    study = load_study(write_study(tmp_path, seeds=3).root)
    findings = analyse(study)
    wrong = study.predictions.query("label != predicted")
    index = int(wrong["index"].iloc[0])
    fixed = FixedImages(factor="optimizer", level="sgd", index=(index,))
    images = dataclasses.replace(findings.images, fixed=(fixed,), missed_by_all=())
    found = read_confusions(study, dataclasses.replace(findings, images=images)).found
    assert list(found) == ["read by all with optimizer=sgd, missed by all others"]
    (gallery,) = found.values()
    assert gallery.index.tolist() == [index]
    assert gallery.note.tolist() == [int((wrong["index"] == index).sum())]


def test_large_studies_show_fewer_images_of_each_confusion(tmp_path, monkeypatch):
    monkeypatch.setattr("dashboards.tables.confusion.SHOWN_IN_ALL", 8 * 3)
    assert LARGEST_CAP > 3
    _, confusions = confusions_of(tmp_path, seeds=2)
    gallery = confusions.cells[0].networks[0].gallery
    assert len(gallery.index) == 3
    assert list(gallery.capped.values()) == [4]


def test_claims_link_to_the_cells_they_were_drawn_from(tmp_path):
    space = find_space("full")
    study = load_study(write_study(tmp_path, space=space).root)
    links = claim_links(study, space.claims)
    assert list(links) == [claim.name for claim in space.claims]
    assert links["conclusion 2"].startswith("confusion.html#cell=range%20%C2%B7%20sgd")
    assert "compare=range%20%C2%B7%20adam" in links["conclusion 2"]


def test_claims_about_cells_that_were_not_run_have_no_link(tmp_path):
    space = find_space("full")
    study = load_study(write_study(tmp_path, space=space).root)
    elsewhere = dataclasses.replace(space.claims[0], worse="batch")
    vague = dataclasses.replace(space.claims[0], recorded=RecordedPair())
    assert claim_links(study, [elsewhere, vague]) == {}
