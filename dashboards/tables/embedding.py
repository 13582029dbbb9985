"""The confusion page's tables as what the page embeds: packed numbers and pictures."""

import base64
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from dashboards.tables.confusion import CellConfusion, Confusions, Network
from dashboards.tables.gallery import Gallery, compact_codes
from dashboards.tables.packing import pack_rows
from results.statistics.examples.recall import Recall, cell_recall, network_recall

# Leaves a page of MNIST well below 12 MB.
CHARACTERS_OF_IMAGES = 4_000_000
# Of a share, so that what is embedded stays short.
_DECIMALS = 5


def embedded_confusions(confusions: Confusions, images: pd.DataFrame) -> dict[str, Any]:
    """What the page of confusions embeds, ready for JSON.

    Args:
        confusions: how every cell of the study reads the test images.
        images: the study's rows of `images`; may be none.

    Returns:
        `classes`; `cells`, each with `name`, `counted` (places among its networks), `recall` (by
        class the share read right and the ends of its interval, or None), `gallery` and `networks`,
        these with `id`, `seed`, `outcome`, `accuracy`, `matrix` (packed rows of code and count),
        `recall` and `gallery`; `found`, each with `name` and `gallery`; `images`, index to base64
        PNG, those that most galleries show; `left_out`, how many shown images are not among them.

    Examples:
        >>> from dashboards.tables.confusion import read_confusions
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> study = load_study(directory)
        >>> data = embedded_confusions(read_confusions(study, analyse(study)), study.images)
        >>> data["cells"][0]["name"], data["cells"][0]["networks"][0]["accuracy"]
        ('none · categorical_crossentropy', 0.925)
        >>> sorted(data["images"], key=int), data["left_out"]
        (['0', '1', '2', '3', '4'], 0)
    """
    classes = confusions.classes
    pictures, left_out = _pictures(confusions, images)
    return {
        "classes": classes,
        "cells": [_cell(cell, classes) for cell in confusions.cells],
        "found": [
            {"name": name, "gallery": gallery.embedded(classes)}
            for name, gallery in confusions.found.items()
        ],
        "images": pictures,
        "left_out": left_out,
    }


def _cell(cell: CellConfusion, classes: int) -> dict[str, Any]:
    matrices = cell.matrices(classes)
    correct, totals = np.diagonal(matrices, axis1=1, axis2=2), matrices.sum(axis=2)
    return {
        "name": cell.name,
        "counted": list(cell.counted),
        "recall": [
            _rounded(cell_recall(correct[:, label], totals[:, label])) for label in range(classes)
        ],
        "gallery": cell.gallery.embedded(classes),
        "networks": [_network(network, classes) for network in cell.networks],
    }


def _network(network: Network, classes: int) -> dict[str, Any]:
    matrix = network.matrix(classes)
    pairs = zip(np.diagonal(matrix).tolist(), matrix.sum(axis=1).tolist(), strict=True)
    return {
        "id": network.trial_id,
        "seed": network.seed,
        "outcome": network.outcome,
        "accuracy": network.accuracy,
        "matrix": pack_rows(compact_codes(network.codes, classes), network.counts),
        "recall": [
            _rounded(network_recall(correct, total) if total else None) for correct, total in pairs
        ],
        "gallery": network.gallery.embedded(classes),
    }


def _rounded(recall: Recall | None) -> list[float] | None:
    return None if recall is None else [round(share, _DECIMALS) for share in recall]


def _pictures(confusions: Confusions, images: pd.DataFrame) -> tuple[dict[str, str], int]:
    """The PNGs of the images shown, most shown first, and how many there was no room for."""
    galleries = Counter(
        index for gallery in _galleries(confusions) for index in np.unique(gallery.index).tolist()
    )
    pngs: Mapping[int, bytes] = dict(zip(images["index"], images["png"], strict=True))
    pictures: dict[str, str] = {}
    room = CHARACTERS_OF_IMAGES
    for index, _ in galleries.most_common():
        if index not in pngs:
            continue
        picture = base64.b64encode(pngs[index]).decode()
        room -= len(picture)
        if room < 0:
            break
        pictures[str(index)] = picture
    return pictures, sum(index in pngs for index in galleries) - len(pictures)


def _galleries(confusions: Confusions) -> Iterator[Gallery]:
    yield from confusions.found.values()
    for cell in confusions.cells:
        yield cell.gallery
        for network in cell.networks:
            yield network.gallery
