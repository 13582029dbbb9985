"""Does dropout help a small dense network, and does that depend on its width?

uv run python -m study.run --space examples/dropout.py --dataset digits --seeds 3
"""

from search_spaces import Claim, Factor, Space


def build_model(*, width, dropout, image_shape, classes):
    """Two dense layers; `image_shape` and `classes` are those of the data set."""
    # Imported here: the plan needs no TensorFlow.
    import keras

    return keras.Sequential(
        [
            keras.Input(image_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(width, activation="relu"),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )


SPACE = Space(
    name="dropout",
    title="Width and dropout of a small dense network",
    factors=(
        Factor(name="width", levels=(16, 64)),
        Factor(name="dropout", levels=(0.0, 0.5)),
        # How it is trained, by Keras' names; one level holds a factor.
        Factor(name="optimizer", levels=("sgd", "adam")),
        Factor(name="loss", levels=("categorical_crossentropy",)),
    ),
    settings={
        "epochs": 10,
        "batch_size": 10,
        "evaluation_batch_size": 100,
        "learning_rate": 0.01,
    },
    claims=(
        Claim(
            name="dropout",
            text="Dropout raises test accuracy.",
            factor="dropout",
            better=0.5,
            worse=0.0,
        ),
    ),
    factory="build_model",
)
