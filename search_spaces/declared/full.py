"""Every combination of the notebook's five factors."""

from search_spaces.declared.notebook_choices import (
    CLAIMS,
    DIGITS_SETTINGS,
    FACTORS,
    FACTORY,
    LEARNED,
    LEARNING_RATES,
    MATHS,
    SETTINGS,
)
from search_spaces.vocabulary.space import Space

SPACE = Space(
    name="full",
    title="All 32 combinations of the notebook's five choices, under its protocol",
    factors=FACTORS,
    settings=SETTINGS,
    dataset_learned=LEARNED,
    dataset_settings={"digits": DIGITS_SETTINGS},
    claims=CLAIMS,
    nuisance=LEARNING_RATES,
    factory=FACTORY,
    maths=MATHS,
)
