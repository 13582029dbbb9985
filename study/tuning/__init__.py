"""What is trained, and in which order: the search for each cell's setting, and the agenda."""
