"""Estimates, intervals and tests on plain arrays; nothing here knows of a study."""
