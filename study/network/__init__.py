"""From the levels of a cell to a network: the factory, its parts, and how it is computed."""
