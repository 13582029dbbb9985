"""Tables of runs that this project did not make, and what the judge says of them."""

import itertools

import numpy as np
import pandas as pd

from results.judge import judge_table
from search_spaces import Claim

CLAIM = Claim(name="adam", text="Adam is better.", factor="opt", better="adam", worse="sgd")


def table(effect=0.0, *, seeds=5, sd=0.002, rng=None, others=("b", "c"), own=True):
    """Two optimizers over all combinations of two-level factors, an effect for Adam."""
    rng = rng or np.random.default_rng(0)
    rows = []
    for number, cell in enumerate(itertools.product(("sgd", "adam"), *[(0, 1)] * len(others))):
        context = dict(zip(others, cell[1:], strict=True))
        shift = effect(context) if callable(effect) else effect
        for seed in range(seeds):
            score = 0.9 + shift * (cell[0] == "adam") + sd * rng.standard_normal()
            rows.append(
                {"opt": cell[0], **context, "seed": 100 * number * own + seed, "score": score}
            )
    return pd.DataFrame(rows)


def judged(frame, claims=(CLAIM,), **options):
    factors = [name for name in frame.columns if name not in ("seed", "score", "learned", "run")]
    return judge_table(frame, claims, factors=factors, response="score", **options)
