"""Where things lie that tests read."""

from pathlib import Path

# The checkout, and what is shared with it: both are read only.
ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
