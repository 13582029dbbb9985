"""What is varied: factors, cells, designs, protocols and the identity of a trial.

Standard library only: a space can be declared and a study planned without training anything.
"""

from search_spaces.register import SPACES, find_space
from search_spaces.vocabulary.cell import Cell
from search_spaces.vocabulary.claim import Claim, Endpoint, Qualifier, RecordedPair, Regime
from search_spaces.vocabulary.design import full_factorial, one_at_a_time
from search_spaces.vocabulary.factor import Factor, Level, LevelNote, SpaceError
from search_spaces.vocabulary.names import unknown_name
from search_spaces.vocabulary.nuisance import LogRange, Nuisance
from search_spaces.vocabulary.protocol import SETTINGS, Protocol, parse_setting
from search_spaces.vocabulary.space import DESIGNS, RecordedModel, Setting, Space
from search_spaces.vocabulary.trial import Trial

__all__ = [
    "DESIGNS",
    "SETTINGS",
    "SPACES",
    "Cell",
    "Claim",
    "Endpoint",
    "Factor",
    "Level",
    "LevelNote",
    "LogRange",
    "Nuisance",
    "Protocol",
    "Qualifier",
    "RecordedModel",
    "RecordedPair",
    "Regime",
    "Setting",
    "Space",
    "SpaceError",
    "Trial",
    "find_space",
    "full_factorial",
    "one_at_a_time",
    "parse_setting",
    "unknown_name",
]
