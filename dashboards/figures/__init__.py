"""Plotly figures, each drawn from one table."""
