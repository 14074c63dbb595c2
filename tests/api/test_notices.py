"""From an offer to the person and back to the commander's screen, over the real application."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dispatch.agency import load_agency
from dispatch.alerts.channels.chat import ChatChannel
from dispatch.alerts.channels.recording import RecordingChannel
from dispatch.app import build
from dispatch.errors import BadInput
from dispatch.model import Medium
from dispatch.settings import Settings
from tests.api.calls import dispatched, open_need
from tests.town import next_frame, running_town

HELLO = json.dumps({"t": "hello", "last_seq": None, "log_id": None})


async def merged(screen: Any, kind: str, view: dict[str, Any], until: Any) -> None:
    """Merge updates into the view until it looks as it should."""
    while not until(view):
        update = await next_frame(screen, "update")
        view.update({e["id"]: e for e in update["upserts"].get(kind, ())})


async def test_a_commander_sees_who_was_told_and_who_has_seen_it(settings: Settings) -> None:
    sms = RecordingChannel(Medium.SMS)
    async with running_town(settings, channels=(sms,)) as town:
        commander = await town.commander()
        need = await open_need(commander)
        async with commander.live() as screen:
            await screen.send(HELLO)
            await next_frame(screen, "snapshot")
            _, offers = await dispatched(commander)
            needs: dict[str, Any] = {}
            await merged(
                screen,
                "need",
                needs,
                lambda v: need in v and v[need]["counts"]["told"] == len(offers),
            )
            assert {m.dedupe_key for m in sms.sent} == {f"o-{o}/SMS" for o in offers}
            phone = await town.phone(town.app.desk.board.offers[offers[0]].volunteer_id)
            await phone.done("notices.see", notice_ids=[f"o-{offers[0]}"])
            await merged(screen, "need", needs, lambda v: v[need]["counts"]["seen"] == 1)
        later = await phone.done("offer.later", offer_id=offers[0], ready_in_s=600, brings=["CAR"])
        assert "assignment" in later


async def test_a_promise_that_is_too_late_answers_without_a_task(settings: Settings) -> None:
    async with running_town(settings) as town:
        commander = await town.commander()
        await open_need(commander)
        _, offers = await dispatched(commander)
        phone = await town.phone(town.app.desk.board.offers[offers[0]].volunteer_id)
        late = {"offer_id": offers[0], "ready_in_s": 20_000}
        refused = await phone.act("offer.accept", **late)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "TOO_LATE")
        assert (await phone.done("offer.later", **late)) == {}
        for wrong in ({"ready_in_s": -1}, {"ready_in_s": 60, "brings": ["PONY"]}):
            given = {"offer_id": offers[1]} | wrong
            assert (await phone.act("offer.later", **given)).status_code == 422


async def test_a_reach_test_over_http(settings: Settings) -> None:
    async with running_town(settings) as town:
        commander, phone = await town.commander(), await town.phone(5)
        start = {"name": "Team", "volunteer_ids": [5, 6], "minutes": 10}
        test = (await commander.done("reach_test.start", **start))["test"]
        async with phone.live() as screen:
            await screen.send(HELLO)
            snapshot = await next_frame(screen, "snapshot")
            (mine,) = snapshot["view"]["test"]
            assert (mine["id"], mine["notice_id"]) == (test, f"t-{test}-5")
        assert (await phone.act("reach_test.start", **start)).status_code == 422
        await commander.done("reach_test.end", test_id=test)
        assert town.app.desk.board.live_notices == set()


@pytest.mark.parametrize("kind", ["notices.sent", "notices.received"])
async def test_nobody_tells_the_desk_what_was_sent_but_itself(
    settings: Settings, kind: str
) -> None:
    async with running_town(settings) as town:
        for client in (await town.commander(), await town.phone(5)):
            assert (await client.act(kind, sent=[], receipts=[])).status_code == 422


async def test_a_worker_that_ends_leaves_its_lease_to_the_next(settings: Settings) -> None:
    for _ in range(2):
        async with running_town(settings) as town:
            assert await town.app.outbox.hold(town.app.clock.now())


async def test_an_exercise_is_not_built_with_a_channel_that_reaches_people(
    settings: Settings,
) -> None:
    agency = replace(load_agency(settings.agency_file), exercise=True)
    with pytest.raises(BadInput, match="exercise"):
        await build(settings, agency, channels=(ChatChannel(),))
