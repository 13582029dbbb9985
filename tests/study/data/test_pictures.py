import hashlib
import io

import numpy as np
from PIL import Image

from study.data.pictures import image_table
from study.data.sources import load_dataset


def test_image_rows_hold_the_test_images_as_png():
    digits = load_dataset("digits")
    rows = image_table(digits).to_pylist()
    assert len(rows) == 360
    picture = np.asarray(Image.open(io.BytesIO(rows[7]["png"])))
    assert np.array_equal(picture, digits.x_test[7, ..., 0])
    assert rows[7]["label"] == digits.y_test[7]
    assert hashlib.sha256(rows[0]["png"]).digest() != hashlib.sha256(rows[1]["png"]).digest()
