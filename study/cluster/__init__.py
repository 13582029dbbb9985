"""Placing trials on Ray; the only room that knows of it."""
