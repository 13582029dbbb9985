"""More levels that people really weigh, each with the part of Keras behind it and its reason.

The notebook's levels come first in each factor, under the same maths: the records are shared.
"""

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
from search_spaces.vocabulary.factor import Factor, LevelNote
from search_spaces.vocabulary.nuisance import LogRange
from search_spaces.vocabulary.space import Space


def _extended(
    factor: Factor,
    notes: dict[str, tuple[str, str]],
    costs: dict[str, float] | None = None,
) -> Factor:
    """The notebook's factor with more levels.

    Args:
        factor: the notebook's factor.
        notes: the part and the reason of each level, by the level; their order is that of levels.
        costs: relative costs to add, by level.
    """
    return dataclasses.replace(
        factor,
        levels=tuple(notes),
        relative_cost={**factor.relative_cost, **(costs or {})},
        notes={level: LevelNote(part=part, why=why) for level, (part, why) in notes.items()},
    )


_FACTORS = (
    _extended(
        NORMALIZATION,
        {
            "none": ("no layer", "what any normalization has to beat"),
            "range": (
                "RangeScaling",
                "the notebook's own layer: division by max - min",
            ),
            "batch": (
                "keras.layers.BatchNormalization",
                "the usual choice in convolutional networks; leans on the batch like range",
            ),
            "layer": (
                "keras.layers.LayerNormalization",
                "over all units of one image, so the batch doesn't matter",
            ),
            "group": (
                "keras.layers.GroupNormalization",
                "between the two: each of the three branches of a unit by itself",
            ),
        },
    ),
    _extended(
        OPTIMIZER,
        {
            "sgd": ("keras.optimizers.SGD", "the plain step; no state to go wrong"),
            "adam": ("keras.optimizers.Adam", "the default of most papers and tutorials"),
            "momentum": (
                "keras.optimizers.SGD(momentum=0.9)",
                "the cheapest improvement of SGD, and what SGD mostly means in practice",
            ),
            "adamw": (
                "keras.optimizers.AdamW",
                "Adam with decoupled weight decay, the default for larger networks",
            ),
            "rmsprop": (
                "keras.optimizers.RMSprop",
                "Adam without its momentum: tells whether the scaling alone does it",
            ),
            "lion": ("keras.optimizers.Lion", "steps by sign only; half the state of Adam"),
        },
    ),
    _extended(
        LOSS,
        {
            "categorical_crossentropy": (
                "keras.losses.categorical_crossentropy",
                "the likelihood of the classes",
            ),
            "mse": (
                "keras.losses.mean_squared_error",
                "the notebook's doubtful one: its gradient fades where the softmax is sure",
            ),
            "focal": (
                "keras.losses.categorical_focal_crossentropy",
                "cross-entropy that looks away from what is already right",
            ),
        },
    ),
    _extended(
        ACTIVATION,
        {
            "relu": ("keras.activations.relu", "the default; can die"),
            "sigmoid": ("keras.activations.sigmoid", "the classic that saturates at both ends"),
            "tanh": ("keras.activations.tanh", "saturates too, but around zero"),
            "gelu": ("keras.activations.gelu", "a smooth ReLU, usual in transformers"),
            "silu": (
                "keras.activations.silu",
                "another smooth ReLU (swish), usual in efficient convolutional networks",
            ),
        },
        # Neither commutes with pooling, so both are computed as Keras does (study.network.kernels).
        {"gelu": 2.0, "silu": 2.0},
    ),
    _extended(
        FILTER_ORDER,
        {
            "ascending": ("2, 4, 8 filters a branch", "more channels as maps get smaller: usual"),
            "descending": ("8, 4, 2 filters a branch", "the notebook's reversal"),
            "constant": (
                "4, 4, 4 filters a branch",
                "tells whether the order matters or only the two ends",
            ),
        },
        {"constant": 1.3},
    ),
)

# Three decades each, as for the notebook's two: momentum 0.9 makes a step ten times as long, and
# Lion wants three to ten times smaller ones than AdamW (Chen et al. 2023, section 5).
_LEARNING_RATES = dataclasses.replace(
    LEARNING_RATES,
    ranges={
        **LEARNING_RATES.ranges,
        "momentum": LogRange(1e-4, 1e-1),
        "adamw": LogRange(1e-5, 1e-2),
        "rmsprop": LogRange(1e-5, 1e-2),
        "lion": LogRange(1e-6, 1e-3),
    },
)

SPACE = Space(
    name="extended",
    title="1,350 combinations: the notebook's five choices with the levels people weigh today",
    factors=_FACTORS,
    settings=SETTINGS,
    dataset_learned=LEARNED,
    dataset_settings={"digits": DIGITS_SETTINGS},
    claims=CLAIMS,
    nuisance=_LEARNING_RATES,
    factory=FACTORY,
    maths=MATHS,
)
