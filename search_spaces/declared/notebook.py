"""The six models of the notebook, with the figures it recorded for each."""

from search_spaces.declared.notebook_choices import (
    CLAIMS,
    DIGITS_SETTINGS,
    FACTORS,
    FACTORY,
    LEARNED,
    LEARNING_RATES,
    MATHS,
    MODEL_2,
    SETTINGS,
)
from search_spaces.vocabulary.design import Named, RecordedModel
from search_spaces.vocabulary.space import Space

_MODELS = (
    RecordedModel(
        name="model 1",
        levels={**MODEL_2, "normalization": "none"},
        train_loss=0.019496,
        train_accuracy=0.99461667,
        test_loss=0.073772,
        test_accuracy=0.9860,
    ),
    RecordedModel(
        name="model 2",
        levels=MODEL_2,
        train_loss=0.018801,
        train_accuracy=0.99470000,
        test_loss=0.036967,
        test_accuracy=0.9888,
    ),
    # Its accuracy is the trace of its confusion matrix; its cells were never evaluated.
    RecordedModel(name="model 3", levels={**MODEL_2, "optimizer": "adam"}, test_accuracy=0.9857),
    # 0.1135 is the share of ones in MNIST's test set: a constant answer.
    RecordedModel(
        name="model 4",
        levels={**MODEL_2, "loss": "mse"},
        train_loss=0.089994,
        train_accuracy=0.11236667,
        test_loss=0.089987,
        test_accuracy=0.1135,
    ),
    # Its training was interrupted in the first epoch.
    RecordedModel(
        name="model 5",
        levels={**MODEL_2, "activation": "sigmoid"},
        settings={"learning_rate": 0.1},
    ),
    RecordedModel(
        name="model 6",
        levels={**MODEL_2, "filter_order": "descending"},
        train_loss=0.001483,
        train_accuracy=1.0,
        test_loss=0.028013,
        test_accuracy=0.9901,
    ),
)

SPACE = Space(
    name="notebook",
    title="The notebook's six models; each of 1 and 3-6 departs from model 2 in one choice",
    factors=FACTORS,
    settings=SETTINGS,
    dataset_learned=LEARNED,
    dataset_settings={"digits": DIGITS_SETTINGS},
    design=Named(_MODELS),
    claims=CLAIMS,
    nuisance=LEARNING_RATES,
    factory=FACTORY,
    maths=MATHS,
)
