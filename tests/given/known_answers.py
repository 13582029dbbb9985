"""Published examples: the data in standard order, and the figures printed beside them.

Montgomery: Design and Analysis of Experiments. NIST: e-Handbook of Statistical Methods and
Statistical Reference Datasets.
"""

from dataclasses import dataclass, field
from itertools import product

import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Responses `y` by cell in standard order (first factor fastest), replicates within a cell."""

    levels: dict[str, tuple]
    y: tuple[tuple[float, ...], ...]
    effects: dict[str, float] = field(default_factory=dict)
    sum_sq: dict[str, float] = field(default_factory=dict)
    f: dict[str, float] = field(default_factory=dict)
    tolerance: float

    @property
    def frame(self) -> pd.DataFrame:
        """One row per response; `block` is the position in its cell."""
        cells = product(*reversed(self.levels.values()))
        rows = [
            (*reversed(cell), block, value)
            for cell, values in zip(cells, self.y, strict=True)
            for block, value in enumerate(values)
        ]
        return pd.DataFrame(rows, columns=[*self.levels, "block", "y"])


def _two_levels(names: str) -> dict[str, tuple]:
    return dict.fromkeys(names, (-1, 1))


def _single(*values: float) -> tuple[tuple[float, ...], ...]:
    return tuple((value,) for value in values)


# By hand: A = (8 + 14)/2 - (2 + 4)/2 = 8, B = (4 + 14)/2 - (2 + 8)/2 = 4,
# A:B = half of (14 - 4) - (8 - 2) = 2. Sums of squares are n/4 = 1 times their squares.
TWO_BY_TWO = pd.DataFrame({"A": [0, 1, 0, 1], "B": [0, 0, 1, 1], "y": [2.0, 8.0, 4.0, 14.0]})

# Montgomery example 6.2. One problem of the book has 54 instead of 65 in the fourth run.
FILTRATION = Example(
    levels=_two_levels("ABCD"),
    y=_single(45, 71, 48, 65, 68, 60, 80, 65, 43, 100, 45, 104, 75, 86, 70, 96),
    effects={
        **{"A": 21.625, "B": 3.125, "C": 9.875, "D": 14.625, "A:B": 0.125, "A:C": -18.125},
        **{"A:D": 16.625, "B:C": 2.375, "B:D": -0.375, "C:D": -1.125, "A:B:C": 1.875},
        **{"A:B:D": 4.125, "A:C:D": -1.625, "B:C:D": -2.625, "A:B:C:D": 1.375},
    },
    sum_sq={"A": 1870.5625, "A:C": 1314.0625, "A:D": 1105.5625, "total": 5730.9375},
    tolerance=1e-9,
)
FILTRATION_LENTH = {"pse": 2.625, "me": 6.748, "sme": 13.699}
# The same with B dropped: A × C × D in two replicates.
FILTRATION_WITHOUT_B_F = {"A": 83.37, "C": 17.38, "A:C": 58.57, "D": 38.13, "A:D": 49.27}

# Montgomery problem 8.1; the limits as Design-Expert prints them.
LENTH_8_1 = (-12, -1, 4, -1, 6, -1, -5)
LENTH_8_1_LIMITS = {"me": 22.5856, "sme": 54.0516}

# Montgomery problems 6.1 and 7.1, replicates as blocks.
TOOL_LIFE = Example(
    levels=_two_levels("ABC"),
    y=(
        *((22, 31, 25), (32, 43, 29), (35, 34, 50), (55, 47, 46)),
        *((44, 45, 38), (40, 37, 36), (60, 50, 54), (39, 41, 47)),
    ),
    effects={
        **{"A": 0.3333, "B": 11.3333, "C": 6.8333, "A:B": -1.6667, "A:C": -8.8333},
        **{"B:C": -2.8333, "A:B:C": -2.1667},
    },
    sum_sq={
        **{"block": 0.58, "A": 0.67, "B": 770.67, "C": 280.17, "A:B": 16.67, "A:C": 468.17},
        **{"B:C": 48.17, "A:B:C": 28.17, "residual": 482.08},
    },
    f={"B": 22.38, "C": 8.14, "A:C": 13.60, "B:C": 1.40},
    tolerance=0.006,
)

# Montgomery's plasma etch, two replicates.
PLASMA_ETCH = Example(
    levels=_two_levels("ABC"),
    y=(
        *((550, 604), (669, 650), (633, 601), (642, 635)),
        *((1037, 1052), (749, 868), (1075, 1063), (729, 860)),
    ),
    effects={
        **{"A": -101.625, "B": 7.375, "C": 306.125, "A:B": -24.875, "A:C": -153.625},
        **{"B:C": -2.125, "A:B:C": 5.625},
    },
    tolerance=1e-9,
)

# NIST e-Handbook 5.4.7.1, ceramic strength. The table's model has all terms up to order 3.
CERAMIC = Example(
    levels=_two_levels("12345"),
    y=_single(
        *(680.45, 722.48, 702.14, 666.93, 703.67, 642.14, 692.98, 669.26),
        *(491.58, 475.52, 478.76, 568.23, 444.72, 410.37, 428.51, 491.47),
        *(607.34, 620.80, 610.55, 638.04, 585.19, 586.17, 601.67, 608.31),
        *(442.90, 434.41, 417.66, 510.84, 392.11, 343.22, 385.52, 446.73),
    ),
    sum_sq={
        **{"1": 894.33, "2": 3497.20, "3": 12663.96, "4": 315132.65, "5": 33653.91},
        **{"1:2": 4872.57, "1:3": 1838.76, "1:4": 1637.21, "1:5": 465.05, "2:3": 307.46},
        **{"2:4": 1972.71, "2:5": 199.15, "3:4": 3158.34, "3:5": 29.36, "4:5": 1328.83},
        **{"1:2:3": 357.05, "1:2:4": 5895.62, "1:2:5": 144.71, "1:3:4": 2.12},
        **{"1:3:5": 30.36, "1:4:5": 544.58, "2:3:4": 44.49, "2:3:5": 25.58},
        **{"2:4:5": 167.31, "3:4:5": 32.46},
    },
    tolerance=0.006,
)
CERAMIC_R_SQUARED, CERAMIC_RMSE = 0.995127, 17.81632

# NIST e-Handbook 5.6.1. Its page prints -3.1025 for X1; its own best setting, X1 = +1, says +.
EDDY_PROBE = Example(
    levels=_two_levels("123"),
    y=_single(1.70, 4.57, 0.55, 3.39, 1.51, 4.59, 0.67, 4.29),
    effects={"1": 3.1025, "2": -0.8675},
    tolerance=1e-9,
)

# Montgomery example 5.1: battery life by material type and temperature, four batteries a cell.
BATTERY = Example(
    levels={"material": (1, 2, 3), "temperature": (15, 70, 125)},
    y=(
        *((130, 155, 74, 180), (150, 188, 159, 126), (138, 110, 168, 160)),
        *((34, 40, 80, 75), (136, 122, 106, 115), (174, 120, 150, 139)),
        *((20, 70, 82, 58), (25, 70, 58, 45), (96, 104, 82, 60)),
    ),
    sum_sq={
        **{"material": 10683.72, "temperature": 39118.72, "material:temperature": 9613.78},
        **{"residual": 18230.75, "total": 77646.97},
    },
    f={"material": 7.91, "temperature": 28.97, "material:temperature": 3.56},
    tolerance=0.006,
)

# Montgomery's hardness testing, 4 tips on 4 coupons, coded as 10 (hardness - 9.5). By hand: the
# squares sum to 154, the mean takes 20²/16 = 25 of it: total 129. Tips sum to 3, 4, -2, 15:
# (9 + 16 + 4 + 225)/4 - 25 = 38.5. Coupons sum to -4, -3, 9, 18: (16 + 9 + 81 + 324)/4 - 25 = 82.5.
HARDNESS = Example(
    levels={"tip": (1, 2, 3, 4)},
    y=((-2, -1, 1, 5), (-1, -2, 3, 4), (-3, -1, 0, 2), (2, 1, 5, 7)),
    sum_sq={"block": 82.5, "tip": 38.5, "residual": 8, "total": 129},
    f={"tip": (38.5 / 3) / (8 / 9)},
    tolerance=1e-9,
)

# NIST StRD SiRstv: silicon resistivity by instrument, and its certified values.
RESISTIVITY = Example(
    levels={"instrument": (1, 2, 3, 4, 5)},
    y=(
        (196.3052, 196.1240, 196.1890, 196.2569, 196.3403),
        (196.3042, 196.3825, 196.1669, 196.3257, 196.0422),
        (196.1303, 196.2005, 196.2889, 196.0343, 196.1811),
        (196.2795, 196.1748, 196.1494, 196.1485, 195.9885),
        (196.2119, 196.1051, 196.1850, 196.0052, 196.2090),
    ),
    sum_sq={"instrument": 5.11462616e-02, "residual": 2.16636560e-01},
    f={"instrument": 1.18046237440255},
    tolerance=1e-12,
)


def simon_lesage(offset: float) -> Example:
    """NIST StRD SmLs01, 04, 07: 9 × 21 responses that differ by tenths, on any offset."""
    first = (0.4, 0.3, 0.5, 0.3, 0.5, 0.3, 0.5, 0.3, 0.5)
    steps = (0, *(-0.1, 0.1) * 10)
    return Example(
        levels={"treatment": tuple(range(9))},
        y=tuple(tuple(offset + round(x + step, 1) for step in steps) for x in first),
        sum_sq={"treatment": 1.68, "residual": 1.8},
        f={"treatment": 21.0},
        tolerance=1e-12,
    )
