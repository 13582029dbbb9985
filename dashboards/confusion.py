"""What the confusion page embeds: every trial's answers, packed, and the images misread."""

import base64
from typing import Any

import numpy as np
import pandas as pd

from dashboards.tables import cell_names, confusion_matrix
from results import Study


def confusion_data(study: Study) -> dict[str, Any]:
    """The page's data, ready for JSON.

    Returns:
        `classes`; `subsets`, the distinct sets of test images, as packed `index` (uint32) and
        `label` (uint16); `trials`, each with `id`, `cell`, `seed`, `outcome`, `accuracy` (0-1), its
        `subset`, packed `predicted` (uint16), packed `confidence` (uint8, percent, 255 for NaN) and
        its `matrix` of counts; `images`, index to base64 PNG, of every image some trial misread.
    """
    predictions = study.predictions
    classes = _count_classes(predictions)
    answers = {str(trial_id): rows for trial_id, rows in predictions.groupby("trial_id")}
    subsets: dict[bytes, dict[str, str]] = {}
    trials = []
    for row, cell in zip(study.trials.itertuples(), cell_names(study), strict=True):
        mine = answers.get(str(row.trial_id))
        if mine is None:
            continue
        key = mine["index"].to_numpy().tobytes()
        subsets.setdefault(key, {"index": pack(mine["index"]), "label": pack(mine["label"], "u2")})
        trials.append(
            {
                "id": row.trial_id,
                "cell": cell,
                "seed": row.seed,
                "outcome": row.outcome,
                "accuracy": row.test_accuracy,
                "subset": list(subsets).index(key),
                "predicted": pack(mine["predicted"], "u2"),
                "confidence": pack(_percent(mine["confidence"]), "u1"),
                "matrix": confusion_matrix(
                    mine["label"].to_numpy(), mine["predicted"].to_numpy(), classes
                ).tolist(),
            }
        )
    return {
        "classes": classes,
        "subsets": list(subsets.values()),
        "trials": trials,
        "images": _misread_images(study),
    }


def pack(values: pd.Series, dtype: str = "u4") -> str:
    """Whole numbers as base64 of little-endian `dtype`."""
    return base64.b64encode(values.to_numpy().astype(np.dtype(dtype).newbyteorder("<"))).decode()


def _count_classes(predictions: pd.DataFrame) -> int:
    if predictions.empty:
        return 0
    return int(max(predictions["label"].max(), predictions["predicted"].max())) + 1


def _percent(confidence: pd.Series) -> pd.Series:
    return (100 * confidence).round().clip(0, 100).fillna(255)


def _misread_images(study: Study) -> dict[str, str]:
    wrong = study.predictions[study.predictions["label"] != study.predictions["predicted"]]
    shown = study.images[study.images["index"].isin(wrong["index"].unique())]
    pairs = zip(shown["index"], shown["png"], strict=True)
    return {str(index): base64.b64encode(png).decode() for index, png in pairs}
