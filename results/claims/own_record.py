"""A claim against the figures that it was drawn from: no statistics, and before any."""

from enum import StrEnum

from search_spaces import Claim


class OwnRecord(StrEnum):
    """What a claim's own figures say of it."""

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    INCOMPLETE = "incomplete"
    NONE = "none"


def check_record(claim: Claim) -> OwnRecord:
    """Whether a claim agrees in sign with its own figures; equal ones contradict it."""
    better, worse = claim.recorded.better, claim.recorded.worse
    if better is None and worse is None:
        return OwnRecord.NONE
    if better is None or worse is None:
        return OwnRecord.INCOMPLETE
    return OwnRecord.AGREES if better > worse else OwnRecord.CONTRADICTS
