"""Ways of asking people that a drill can be run with, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dispatch.errors import BadInput
from dispatch.matching.alerting import (
    AlertPolicy,
    Broadcast,
    Exactly,
    FixedWaves,
    Nearest,
    ReplaceOnDecline,
)
from dispatch.matching.alerting.book import AlertBook, AlertRule
from dispatch.matching.replies import ReplyLaw

OWN: Final = "own"
"""The agency's own book."""

POLICIES: Final[Mapping[str, AlertPolicy | None]] = {
    OWN: None,
    "hold": None,
    "nearest": Nearest(size=3),
    "broadcast": Broadcast(),
    "greedy": Exactly(),
    "waves": FixedWaves(size=5, every_s=60.0),
    "replace": ReplaceOnDecline(size=5),
}
"""`own` and `hold` have none of their own: the agency's book, and the book the desk comes with."""


def book_named(name: str, own: AlertBook) -> AlertBook:
    """Return the book of a way of asking; people reply as the agency's `own` book expects.

    Raises:
        BadInput: there is no such way.
    """
    if name not in POLICIES:
        raise BadInput(f"policy must be one of {', '.join(POLICIES)}, got {name!r}")
    if name == OWN:
        return own
    return book_with(POLICIES[name], own.law)


def book_with(policy: AlertPolicy | None, law: ReplyLaw) -> AlertBook:
    """Return the book by which every need is asked for in this way; None for the desk's own."""
    rules = () if policy is None else (AlertRule(policy=policy),)
    return AlertBook(rules=rules, law=law)
