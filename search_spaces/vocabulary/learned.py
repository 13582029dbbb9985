"""From where on a run has learned."""

from dataclasses import dataclass

from search_spaces.vocabulary.factor import SpaceError, is_number

CONSTANT = "constant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Above:
    """A run has learned if its test accuracy ends high enough.

    Args:
        accuracy: the test accuracy, above 0 and at most 1, from which on; None: where it is surely
            better than the best constant answer, which any data tell.

    Raises:
        SpaceError: the accuracy is out of its range.

    Examples:
        >>> str(Above(accuracy=0.9)), str(Above())
        ('0.9', 'constant')
    """

    accuracy: float | None = None

    def __post_init__(self) -> None:
        accuracy = self.accuracy
        if accuracy is not None and not (is_number(accuracy) and 0 < accuracy <= 1):
            raise SpaceError(
                f"learned above an accuracy of {accuracy!r}; allowed is above 0 to 1, as 0.9"
            )

    def __str__(self) -> str:
        """As the command takes it."""
        return CONSTANT if self.accuracy is None else f"{self.accuracy:g}"


def parse_learned(text: str) -> Above:
    """The rule that a text names: an accuracy, or `constant`.

    Raises:
        SpaceError: it is neither.

    Examples:
        >>> parse_learned("0.7"), parse_learned("constant")
        (Above(accuracy=0.7), Above(accuracy=None))
    """
    if text == CONSTANT:
        return Above()
    try:
        accuracy = float(text)
    except ValueError as error:
        raise SpaceError(
            f"{text!r} is neither an accuracy above 0 to 1, as 0.9, nor {CONSTANT!r}"
        ) from error
    return Above(accuracy=accuracy)
