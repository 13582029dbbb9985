"""Runs as they are judged: cells by seeds, gaps and all, of a study or of anyone's table."""
