"""From the levels of a cell to its network: the model factory, the model and its graphs."""
