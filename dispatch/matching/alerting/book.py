"""Which alert policy asks people for which need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dispatch.board import Board
from dispatch.matching.alerting import AlertPolicy, Hold, policy_of
from dispatch.matching.replies import APP, CALL_OUT, ReplyLaw
from dispatch.model import Need, Severity
from dispatch.taxonomy import INCIDENT_KINDS

REPLIES: Final[Mapping[str, ReplyLaw]] = {"app": APP, "call-out": CALL_OUT}
"""The reply laws an agency chooses from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """The policy for incidents of this severity and kind; None fits all.

    Raises:
        ValueError: there is no such kind of incident.
    """

    policy: AlertPolicy
    severity: Severity | None = None
    incident_kind: str | None = None

    def __post_init__(self) -> None:
        if self.incident_kind is not None and self.incident_kind not in INCIDENT_KINDS:
            raise ValueError(f"alerting: there is no incident kind {self.incident_kind!r}")

    def fits(self, severity: Severity, incident_kind: str) -> bool:
        """Return whether it is for such incidents."""
        return self.severity in (None, severity) and self.incident_kind in (None, incident_kind)


DEFAULT: Final = (
    AlertRule(policy=Hold(q=0.95), severity=Severity.I),
    AlertRule(policy=Hold(q=0.80)),
)
"""Where no rule of the agency fits (science D2): the gravest at once, the others from 0.80, since
what answers and silence take away is asked for again within seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertBook:
    """An agency's rules, the first that fits counts, and the law of how its people reply."""

    rules: tuple[AlertRule, ...] = ()
    law: ReplyLaw = APP

    def policy_for(self, board: Board, need: Need) -> AlertPolicy:
        """Return the policy in force for a need: that of its alerting, else that of the book."""
        if need.id in board.alerting:
            return policy_of(board.alerting[need.id].policy)
        incident = board.incidents[need.incident_id]
        found = (r for r in (*self.rules, *DEFAULT) if r.fits(incident.severity, incident.kind))
        return next(found).policy


def book_of(tables: Iterable[Mapping[str, Any]], replies: str = "app") -> AlertBook:
    """Return the book written down as plain values: policies with `severity`, `incident_kind`.

    Raises:
        ValueError: a value is missing, unknown or out of its range; names it.
    """
    if replies not in REPLIES:
        raise ValueError(f"replies must be one of {', '.join(REPLIES)}, got {replies!r}")
    return AlertBook(rules=tuple(_rule(dict(table)) for table in tables), law=REPLIES[replies])


def _rule(values: dict[str, Any]) -> AlertRule:
    severity, incident_kind = values.pop("severity", None), values.pop("incident_kind", None)
    if severity is not None and severity not in list(Severity):
        raise ValueError(f"alerting: severity must be one of I, II, III, IV, got {severity!r}")
    return AlertRule(
        policy=policy_of(values),
        severity=None if severity is None else Severity(severity),
        incident_kind=incident_kind,
    )
