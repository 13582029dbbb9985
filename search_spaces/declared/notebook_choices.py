"""What the notebook's spaces share: factors, protocol, model factory and conclusions."""

from search_spaces.vocabulary.claim import Claim, Endpoint, Qualifier, RecordedPair, Regime
from search_spaces.vocabulary.factor import Factor
from search_spaces.vocabulary.learned import Above
from search_spaces.vocabulary.nuisance import LogRange, Nuisance

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

# As the notebook means it, of digits; other images tell by themselves.
LEARNED = {"mnist": Above(accuracy=0.9), "digits": Above(accuracy=0.9)}

# Three decades around what is usual for each: rankings hang on the ranges (Choi et al. 2019).
LEARNING_RATES = Nuisance(
    setting="learning_rate",
    factor="optimizer",
    ranges={"sgd": LogRange(1e-3, 1.0), "adam": LogRange(1e-5, 1e-2)},
)

FACTORY = "study.network.notebook:build_model"
MATHS = "notebook-network/1"


# Its second model, which the others depart from in one choice each.
MODEL_2 = {
    "normalization": "range",
    "optimizer": "sgd",
    "loss": "categorical_crossentropy",
    "activation": "relu",
    "filter_order": "ascending",
}


def _recorded(factor: str, *, better: float, worse: float | None) -> RecordedPair:
    """The test accuracies of two of the notebook's models that differ in this factor alone."""
    context = {name: level for name, level in MODEL_2.items() if name != factor}
    return RecordedPair(context=context, better=better, worse=worse)


CLAIMS = (
    Claim(
        name="conclusion 1",
        text="Normalizing the input of every layer raises test accuracy a little.",
        source="1. 做了各層 input 的 normalized 後，測試資料準確率有稍微提升。",
        factor="normalization",
        better="range",
        worse="none",
        qualifier=Qualifier.SLIGHT,
        recorded=_recorded("normalization", better=0.9888, worse=0.9860),
    ),
    Claim(
        name="conclusion 2",
        text="Adam does not do as well as SGD.",
        source=(
            "2. adma 的效果好像不如 sgd 好，"
            "在這邊訓練資料跟測試資料的準確率都比同樣的結構用 sgd 低一點。"
        ),
        factor="optimizer",
        better="sgd",
        worse="adam",
        # At one learning rate for both, the rate is compared and not the optimizer.
        decided_on=Regime.TUNED,
        recorded=_recorded("optimizer", better=0.9888, worse=0.9857),
    ),
    Claim(
        name="conclusion 3",
        text="For classification, categorical cross-entropy trains better than MSE.",
        source=("3. 看起來做分類問題 loss 還是用 categorical_crossentropy 比較好訓練的起來。"),
        factor="loss",
        better="categorical_crossentropy",
        worse="mse",
        endpoint=Endpoint.TRAINED,
        recorded=_recorded("loss", better=0.9888, worse=0.1135),
    ),
    Claim(
        name="conclusion 4",
        text="ReLU is better than sigmoid.",
        source="4. (left empty; model 5, the one with sigmoid, was never finished)",
        factor="activation",
        better="relu",
        worse="sigmoid",
        recorded=_recorded("activation", better=0.9888, worse=None),
    ),
    Claim(
        name="conclusion 5",
        text="Filter numbers that ascend test slightly better than ones that descend.",
        source="5. filter 數目由小到大測試資料準確率比大到小些微高一點",
        factor="filter_order",
        better="ascending",
        worse="descending",
        qualifier=Qualifier.SLIGHT,
        recorded=_recorded("filter_order", better=0.9888, worse=0.9901),
    ),
)
