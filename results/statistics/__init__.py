"""Estimates, intervals and tests on plain arrays and tables; nothing here knows of studies."""
