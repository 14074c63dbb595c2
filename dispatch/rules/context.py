"""What a rule may know besides the board, and the ids it makes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dispatch import events as ev
from dispatch.model import (
    ActionId,
    Actor,
    Line,
    NeedId,
    Plan,
    RegionCode,
    Severity,
    Verdict,
    VolunteerId,
)

Pair = tuple[NeedId, VolunteerId]
Events = tuple[ev.Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a rule may know besides the board.

    `mended` are the parts of a drawn zone whose outline crossed itself, put right. `plan` is set
    for MakePlan and MakeWave; `policies` is how the desk would ask people by itself
    for the needs in question, as plain values. `site_region` is that of the action's site by the
    imported boundaries, None where it has no site or they do not tell.
    """

    now: datetime
    actor: Actor
    action_id: ActionId
    offer_ttl_s: Mapping[Severity, int]
    verdicts: Mapping[Pair, Verdict]
    regions: frozenset[RegionCode]
    site_region: RegionCode | None = None
    mended: tuple[tuple[Line, ...], ...] | None = None
    plan: Plan | None = None
    policies: Mapping[NeedId, Mapping[str, Any]] = field(default_factory=dict)

    def id(self, kind: str, n: int = 0) -> str:
        """Return the id of the n-th entity of `kind` this action makes: 60 bits of its hash."""
        return entity_id(self.action_id, kind, n)


def entity_id(action_id: ActionId, kind: str, n: int = 0) -> str:
    """Return the id of the n-th entity of `kind` that an action makes: known before it is done."""
    digest = hashlib.sha256(f"{action_id}|{kind}|{n}".encode()).digest()
    return base64.b32encode(digest)[:12].decode().lower()
