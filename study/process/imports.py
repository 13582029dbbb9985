"""Imports of large packages, without the garbage collections that they set off."""

import gc
import importlib
import sys


def import_frozen(module: str) -> None:
    """Import a module that imports much, a fifth faster than otherwise.

    That makes hundreds of thousands of objects that are never garbage. Collections among them take
    that fifth; each later one would take 0.2 s more, and so would the end of the process. Hence all
    that is alive afterwards is left out of them: cycles made before are never freed.
    """
    if module in sys.modules:
        return
    collecting = gc.isenabled()
    gc.disable()
    try:
        importlib.import_module(module)
    finally:
        if collecting:
            gc.enable()
    gc.freeze()
