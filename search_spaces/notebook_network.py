"""What the notebook's spaces share: its five factors, its protocol and its network."""

from search_spaces.factor import Factor

NORMALIZATION = Factor(name="normalization", levels=("none", "range"))
OPTIMIZER = Factor(name="optimizer", levels=("sgd", "adam"))
LOSS = Factor(name="loss", levels=("categorical_crossentropy", "mse"))
ACTIVATION = Factor(name="activation", levels=("relu", "sigmoid"))
# The descending network does 2.4 times the multiplications, most of them on large maps; measured, a
# step takes 1.8 times as long.
FILTER_ORDER = Factor(
    name="filter_order",
    levels=("ascending", "descending"),
    relative_cost={"descending": 1.8},
)
FACTORS = (NORMALIZATION, OPTIMIZER, LOSS, ACTIVATION, FILTER_ORDER)

# The notebook's code; its prose says 200 images per step. 32 is the default of Keras' `evaluate`.
SETTINGS = {
    "epochs": 45,
    "batch_size": 100,
    "evaluation_batch_size": 32,
    "learning_rate": 0.05,
}
# 1,437 images are 15 steps of 100 an epoch: too few to leave the starting point. Smaller steps give
# a newcomer cells that have learned, within minutes.
DIGITS_SETTINGS = {"epochs": 10, "batch_size": 10}

FACTORY = "study.model:build_model"
MATHS = "notebook-network/1"
