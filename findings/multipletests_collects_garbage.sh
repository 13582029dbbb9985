#!/usr/bin/env bash
# statsmodels: each call of multipletests collects all garbage of the process.
#
# Version: statsmodels 0.15.0 (with numpy 2.4.6, scipy 1.17.1, pandas 3.1.1) on Python 3.11.
# Input: five p-values, adjusted by Holm's method.
# Expected: a few microseconds of arithmetic, whatever else the process holds.
# Seen: a full garbage collection at every call, so that its time grows with everything that the
#   process has loaded: milliseconds alone, 70 ms beside TensorFlow, pandas and plotly.
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet statsmodels==0.15.0 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1
"$folder/venv/bin/python" - <<'PYTHON'
import gc
import sys
import time

from statsmodels.stats.multitest import multipletests

P_VALUES = [0.01, 0.04, 0.03, 0.005, 0.2]
collected = []


def note(phase, info):
    if phase == "start":
        collected.append(info["generation"])


def milliseconds():
    started = time.perf_counter()
    multipletests(P_VALUES, method="holm")
    return 1e3 * (time.perf_counter() - started)


multipletests(P_VALUES, method="holm")
gc.disable()
gc.callbacks.append(note)
alone = milliseconds()
ballast = [[number] for number in range(3_000_000)]
beside = milliseconds()
gc.callbacks.remove(note)
print(f"seen: collections of generation {collected}, with automatic ones turned off;")
print(f"      {alone:.1f} ms alone, {beside:.1f} ms beside three million lists")
if collected != [2, 2]:
    sys.exit("changed: a call does not collect all garbage any more")
PYTHON
