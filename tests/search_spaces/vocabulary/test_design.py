"""Cells, the full factorial, and one factor at a time."""

import pytest

from search_spaces import Cell, Factor, Full, OneAtATime, design_cells

WIDTH = Factor(name="width", levels=(8, 16, 32))
LOSS = Factor(name="loss", levels=("mse", "cce"))


def test_the_last_factor_changes_fastest():
    cells = [cell.as_dict() for cell in design_cells(Full(), [WIDTH, LOSS])]
    assert cells == [
        {"width": 8, "loss": "mse"},
        {"width": 8, "loss": "cce"},
        {"width": 16, "loss": "mse"},
        {"width": 16, "loss": "cce"},
        {"width": 32, "loss": "mse"},
        {"width": 32, "loss": "cce"},
    ]


@pytest.mark.parametrize(("counts", "size"), [((1,), 1), ((2, 2), 4), ((3, 1, 4, 2), 24)])
def test_the_number_of_cells_is_the_product_of_the_numbers_of_levels(counts, size):
    factors = [
        Factor(name=f"f{index}", levels=tuple(range(count))) for index, count in enumerate(counts)
    ]
    assert len(set(design_cells(Full(), factors))) == size


def test_a_cell_keeps_the_order_of_its_factors_and_shows_its_levels():
    cell = Cell.of({"width": 16, "loss": "mse"})
    assert cell.levels == (("width", 16), ("loss", "mse"))
    assert str(cell) == "16 · mse"


def test_one_at_a_time_departs_from_the_baseline_in_one_factor():
    design = OneAtATime({"loss": "cce", "width": 16})
    assert [cell.as_dict() for cell in design_cells(design, [WIDTH, LOSS])] == [
        {"width": 16, "loss": "cce"},
        {"width": 8, "loss": "cce"},
        {"width": 32, "loss": "cce"},
        {"width": 16, "loss": "mse"},
    ]
