"""Every combination of the notebook's factors, each also with a learning rate of its own."""

import dataclasses

from search_spaces.declared import full

SPACE = dataclasses.replace(
    full.SPACE,
    name="tuned",
    title="All 32 combinations, at one learning rate and with one tuned in each cell",
    tuned=True,
)
