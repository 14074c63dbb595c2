"""The usual steps of a call, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.town import Client

INCIDENT: dict[str, Any] = {
    "incident_kind": "flood",
    "title": "River over its bank",
    "site": {"lon": -71.2468, "lat": -29.8935, "name": "Puente"},
    "region": "04101",
    "severity": "I",
    "hazard": "H1",
}


def instant(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def need_of(incident_id: str, **over: Any) -> dict[str, Any]:
    return {
        "incident_id": incident_id,
        "skill": "LOG",
        "heads": {"minimum": 1, "desired": 4, "maximum": 4},
        "deadline_at": instant(1),
        "ends_at": instant(4),
        "verified": True,
        "publish": True,
    } | over


async def open_need(commander: Client, **over: Any) -> str:
    """Open an incident with one published need; return the need's id."""
    opened = await commander.done("incident.open", **INCIDENT)
    added = await commander.done("need.add", **need_of(opened["incident"], **over))
    return str(added["need"])


async def dispatched(commander: Client) -> tuple[str, list[str]]:
    """Plan and dispatch; return the plan's id and the offers'."""
    plan = (await commander.done("plan.make"))["plan"]
    made = await commander.done("plan.dispatch", plan_id=plan)
    return plan, made["offers"]
