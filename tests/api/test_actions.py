"""Actions over real HTTP: strict bodies, coded refusals, first answers repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.calls import INCIDENT, dispatched, instant, need_of, open_need
from tests.town import Town

LONG_PLAN = {"owner": "x", "measures": "y" * 2_001}
LINE = {"zone_kind": "flood", "name": "x", "parts": [[[[0, 0], [1, 1]]]]}


async def test_the_whole_call(town: Town) -> None:
    commander = await town.commander()
    need = await open_need(commander)
    _, offers = await dispatched(commander)
    board = town.app.desk.board
    assert len(offers) > 4  # heads, because not everybody says yes
    offer = board.offers[offers[0]]
    phone = await town.phone(offer.volunteer_id)
    accepted = await phone.done("offer.accept", offer_id=offer.id)
    for step in ("depart", "arrive", "release", "home"):
        await phone.done(f"assignment.{step}", assignment_id=accepted["assignment"])
    assert board.assignments[accepted["assignment"]].status == "HOME"
    assert board.assignments[accepted["assignment"]].need_id == need


async def test_first_answer_repeated(town: Town) -> None:
    commander = await town.commander()
    first = await commander.act("incident.open", action_id="same-key-1", **INCIDENT)
    again = await commander.act("incident.open", action_id="same-key-1", **INCIDENT)
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    assert again.json()["ids"] == first.json()["ids"]
    assert len(town.app.desk.board.incidents) == 1
    other = await commander.act("note.add", action_id="same-key-1", text="x")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "ACTION_ID_REUSED")


async def test_two_people_may_use_the_same_action_id(town: Town) -> None:
    commander, phone = await town.commander(), await town.phone(5)
    await commander.act("note.add", action_id="same-key-1", text="x")
    answer = await phone.act("availability.set", action_id="same-key-1", available=False)
    assert (answer.status_code, answer.json()["repeated"]) == (200, False)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("{", ""),
        ("[]", ""),
        ({}, "action_id"),
        ({"action_id": "x" * 8}, "action"),
        ({"action_id": "short", "action": {"kind": "plan.make"}}, "action_id"),
        ({"action_id": "bad key!", "action": {"kind": "plan.make"}}, "action_id"),
        ({"action_id": "x" * 8, "action": {"kind": "nuke"}}, "action"),
        ({"action_id": "x" * 8, "action": {"kind": "offer.accept", "offer_id": "1"}}, "action"),
        ({"action_id": "x" * 8, "action": {"kind": "plan.make", "extra": 1}}, "extra"),
        ({"action_id": "x" * 8, "action": {"kind": "note.add", "text": 5}}, "text"),
        (
            {
                "action_id": "x" * 8,
                "action": {
                    "kind": "incident.open",
                    **INCIDENT,
                    "site": {"lon": 999, "lat": 0},
                },
            },
            "site",
        ),
        (
            {
                "action_id": "x" * 8,
                "action": {
                    "kind": "need.add",
                    **need_of("i"),
                    "heads": {"minimum": 3, "desired": 2, "maximum": 1},
                },
            },
            "heads",
        ),
        (
            {
                "action_id": "x" * 8,
                "action": {"kind": "need.add", **need_of("i"), "ends_at": "2026-01-01T00:00:00"},
            },
            "need.add",
        ),
    ],
)
async def test_malformed_bodies_say_where(town: Town, body: object, where: str) -> None:
    commander = await town.commander()
    if isinstance(body, str):
        response = await commander.http.post("/api/command/actions", content=body)
    else:
        response = await commander.http.post("/api/command/actions", json=body)
    assert response.status_code == 422
    error = response.json()["error"]
    assert error["code"] == "BAD_REQUEST"
    assert where in "".join(f["where"] for f in error["fields"])
    assert town.app.desk.board.seq == 0


@pytest.mark.parametrize(
    "action",
    [
        {"kind": "duty.check_in", "volunteer_id": 10**20},
        {"kind": "duty.check_in", "volunteer_id": 0},
        {"kind": "offer.make", "need_id": "x", "volunteer_ids": [2**31]},
        {"kind": "note.add", "text": "\ud800"},
        {"kind": "zone.clear", "zone_id": "\udfff"},
        {"kind": "need.add", **need_of("i"), "safety_plan": LONG_PLAN},
    ],
)
async def test_poison_is_refused_and_nothing_is_stored(town: Town, action: dict[str, Any]) -> None:
    commander = await town.commander()
    body = json.dumps({"action_id": "poison-01", "action": action})
    response = await commander.http.post(
        "/api/command/actions", content=body, headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, response.json()["error"]["code"]) == (422, "BAD_REQUEST")
    assert town.app.desk.board.seq == 0


async def test_bodies_have_an_end(town: Town) -> None:
    commander = await town.commander()
    response = await commander.act("note.add", text="x" * 300_000)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "BAD_REQUEST")


@pytest.mark.parametrize("body", ["[" * 100_000, b'"\xff\xfe"'])
async def test_what_is_no_json_has_the_same_error_form(town: Town, body: str | bytes) -> None:
    commander = await town.commander()
    response = await commander.http.post(
        "/api/command/actions", content=body, headers={"Content-Type": "application/json"}
    )
    assert response.status_code in (400, 422)
    assert response.json()["error"]["code"] == "BAD_REQUEST"


async def test_a_stale_board_is_told_what_changed(town: Town) -> None:
    commander = await town.commander()
    opened = await commander.done("incident.open", **INCIDENT)
    ident = opened["incident"]
    await commander.done("incident.update", incident_id=ident, seen_seq=1, title="Worse")
    late = await commander.act("incident.close", incident_id=ident, seen_seq=1, reason="over")
    assert late.status_code == 409
    error = late.json()["error"]
    assert error["code"] == "STALE"
    assert error["params"]["changed"]["event"] == "IncidentUpdated"
    assert error["params"]["changed"]["actor"] == {"role": "commander", "id": "li"}


@pytest.mark.parametrize(
    ("kind", "fields", "status", "code"),
    [
        ("plan.make", {}, 409, "NOTHING_TO_PLAN"),
        ("plan.dispatch", {"plan_id": "gone"}, 409, "PLAN_SUPERSEDED"),
        ("need.publish", {"need_id": "gone", "seen_seq": 0}, 404, "NOT_FOUND"),
        ("need.add", need_of("gone"), 404, "NOT_FOUND"),
        ("zone.draw", LINE, 409, "BAD_ZONE"),
        ("incident.open", INCIDENT | {"region": "99"}, 409, "UNKNOWN_REGION"),
        ("availability.set", {"available": True}, 422, "BAD_REQUEST"),
    ],
)  # fmt: skip
async def test_refusals(
    town: Town, kind: str, fields: dict[str, object], status: int, code: str
) -> None:
    commander = await town.commander()
    response = await commander.act(kind, **fields)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_somebody_elses_offer(town: Town) -> None:
    commander = await town.commander()
    await open_need(commander)
    _, offers = await dispatched(commander)
    stranger = await town.phone(1)
    response = await stranger.act("offer.accept", offer_id=offers[0])
    assert (response.status_code, response.json()["error"]["code"]) == (403, "FORBIDDEN")


async def test_naive_times_are_refused(town: Town) -> None:
    phone = await town.phone(5)
    response = await phone.act("availability.set", available=False, until_at="2030-01-01T00:00:00")
    assert response.status_code == 422
    ok = await phone.act("availability.set", available=False, until_at=instant(2))
    assert ok.status_code == 200
