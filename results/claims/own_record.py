"""A claim against the figures that it was drawn from, which takes no statistics."""

from enum import StrEnum

from search_spaces import Claim


class OwnRecord(StrEnum):
    """What a claim's own figures say of it.

    Examples:
        >>> [str(own_record) for own_record in OwnRecord]
        ['agrees', 'contradicts', 'incomplete', 'none']
    """

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    INCOMPLETE = "incomplete"
    NONE = "none"


def check_record(claim: Claim) -> OwnRecord:
    """Whether a claim agrees in sign with its own figures; equal ones contradict it.

    Examples:
        >>> from search_spaces import find_space
        >>> claim = find_space("smoke").claims[0]
        >>> claim.recorded.better, claim.recorded.worse, str(check_record(claim))
        (0.9888, 0.986, 'agrees')
    """
    better, worse = claim.recorded.better, claim.recorded.worse
    if better is None and worse is None:
        return OwnRecord.NONE
    if better is None or worse is None:
        return OwnRecord.INCOMPLETE
    return OwnRecord.AGREES if better > worse else OwnRecord.CONTRADICTS
