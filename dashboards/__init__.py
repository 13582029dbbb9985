"""What a person sees: two self-contained pages drawn from the records of a study.

Needs neither Ray nor TensorFlow: someone with only the Parquet files can redraw a study.
"""

from dashboards.pages.drawing import build_pages, draw_pages

__all__ = ["build_pages", "draw_pages"]
