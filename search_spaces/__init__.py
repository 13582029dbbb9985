"""What is varied: factors, cells, designs, protocols and the identity of a trial.

Standard library only: a space can be declared and a study planned without training anything.
"""

from search_spaces.register import SPACES, find_space
from search_spaces.vocabulary.cell import Cell
from search_spaces.vocabulary.claim import About, Claim, Endpoint, Qualifier, RecordedPair, Regime
from search_spaces.vocabulary.design import (
    DESIGNS,
    Design,
    Fraction,
    Full,
    Named,
    OneAtATime,
    RecordedModel,
    design_cells,
)
from search_spaces.vocabulary.factor import Factor, Level, LevelNote, SpaceError
from search_spaces.vocabulary.learned import Above, parse_learned
from search_spaces.vocabulary.model_factory import ModelFactory
from search_spaces.vocabulary.names import unknown_name
from search_spaces.vocabulary.nuisance import LogRange, Nuisance
from search_spaces.vocabulary.protocol import SETTINGS, Protocol, Seeding, Setting, parse_setting
from search_spaces.vocabulary.space import Space
from search_spaces.vocabulary.trial import Trial

__all__ = [
    "DESIGNS",
    "SETTINGS",
    "SPACES",
    "About",
    "Above",
    "Cell",
    "Claim",
    "Design",
    "Endpoint",
    "Factor",
    "Fraction",
    "Full",
    "Level",
    "LevelNote",
    "LogRange",
    "ModelFactory",
    "Named",
    "Nuisance",
    "OneAtATime",
    "Protocol",
    "Qualifier",
    "RecordedModel",
    "RecordedPair",
    "Regime",
    "Seeding",
    "Setting",
    "Space",
    "SpaceError",
    "Trial",
    "design_cells",
    "find_space",
    "parse_learned",
    "parse_setting",
    "unknown_name",
]
