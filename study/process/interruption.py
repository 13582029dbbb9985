"""Ctrl-C while trials run: the first stops where nothing is lost, the second at once."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

# A terminal sends the first, a cluster manager the second before it takes a machine away.
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """A flag, `asked`, that says whether someone asked to stop.

    It may be pickled; from then on the copy and the original know nothing of each other.

    Examples:
        >>> Interruption().asked
        False
    """

    def __init__(self) -> None:
        self.asked = False


@contextlib.contextmanager
def catching_interruptions(tell: Callable[[], None]) -> Iterator[Interruption]:
    """While the block runs, let the first Ctrl-C set `asked` and the second raise.

    Args:
        tell: a function that is called at the first Ctrl-C, to say so on the screen.

    Raises:
        KeyboardInterrupt: Ctrl-C came a second time.

    Examples:
        >>> with catching_interruptions(lambda: print("stopping")) as interruption:
        ...     signal.raise_signal(signal.SIGINT)
        ...     print(interruption.asked)
        stopping
        True
    """
    interruption = Interruption()

    def catch(number: int, frame: FrameType | None) -> None:
        if interruption.asked:
            raise KeyboardInterrupt
        interruption.asked = True
        tell()

    handlers = {number: signal.signal(number, catch) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
