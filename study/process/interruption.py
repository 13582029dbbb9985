"""Ctrl-C while trials run: once to stop where nothing is lost, twice to stop now."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

# What a terminal sends, and what a cluster manager sends before it takes a machine away.
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether someone asked to stop. It may be pickled; what the copy says, nobody hears."""

    def __init__(self) -> None:
        self.asked = False


@contextlib.contextmanager
def catching_interruptions(tell: Callable[[], None]) -> Iterator[Interruption]:
    """While the block runs, the first Ctrl-C sets `asked` and the second raises.

    Args:
        tell: called at the first one, to say so on the screen.

    Raises:
        KeyboardInterrupt: at the second one.
    """
    interruption = Interruption()

    def catch(number: int, frame: FrameType | None) -> None:
        if interruption.asked:
            raise KeyboardInterrupt
        interruption.asked = True
        tell()

    before = {number: signal.signal(number, catch) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
