"""First contact: two of the notebook's choices, small enough for a coffee break."""

import dataclasses

from search_spaces.declared.notebook_choices import (
    ACTIVATION,
    CLAIMS,
    DIGITS_SETTINGS,
    FACTORY,
    FILTER_ORDER,
    LEARNED,
    LEARNING_RATES,
    LOSS,
    MATHS,
    NORMALIZATION,
    OPTIMIZER,
    SETTINGS,
)
from search_spaces.vocabulary.claim import claims_about
from search_spaces.vocabulary.space import Space

# The held factors keep one level, so that `full` finds these trials in the same directory.
_FACTORS = (
    NORMALIZATION,
    dataclasses.replace(OPTIMIZER, levels=("sgd",)),
    LOSS,
    dataclasses.replace(ACTIVATION, levels=("relu",)),
    dataclasses.replace(FILTER_ORDER, levels=("ascending",), relative_cost={}),
)

SPACE = Space(
    name="smoke",
    title="Normalization and loss only, the other choices as in the notebook's second model",
    factors=_FACTORS,
    settings=SETTINGS,
    dataset_learned=LEARNED,
    dataset_settings={
        "digits": DIGITS_SETTINGS,
        "mnist": {"epochs": 2, "batch_size": 10, "train_size": 6000, "test_size": 2000},
    },
    claims=claims_about(_FACTORS, CLAIMS),
    nuisance=LEARNING_RATES.narrowed(("sgd",)),
    factory=FACTORY,
    maths=MATHS,
)
