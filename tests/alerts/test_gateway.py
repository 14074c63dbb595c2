"""The gateway against the real board: replay equals snapshot, slow screens hurt nobody."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from typing import Any

import pytest

from dispatch import actions as act
from dispatch import views
from dispatch.alerts import gateway as gateway_module
from dispatch.alerts import wire
from dispatch.alerts.gateway import AHEAD_S, DEVICES, PING_AFTER_S, SILENCE_S, SLOW_S, Gateway
from dispatch.alerts.history import BATCHES
from dispatch.board import apply
from dispatch.clock import ManualClock
from dispatch.events import Stored
from dispatch.model import Actor, DeclineReason, Fix, VolunteerId
from tests.alerts.sockets import Screen, commander
from tests.play import COMMANDER, T0, Play, open_incident, volunteer

LOG_ID = "log-1"


class Live:
    """A play whose events also reach a gateway, one batch per action."""

    def __init__(self) -> None:
        self.play = Play()
        self.gateway = Gateway(self.play.board, LOG_ID, ManualClock(T0))
        self.play.store = self._store  # type: ignore[method-assign]

    def _store(self, actor: Any, action_id: Any, events: Any) -> None:
        keys = []
        for event in events:
            seq = self.play.board.seq + 1
            stored = Stored(
                seq=seq, at=self.play.now, actor=actor, action_id=action_id, exercise=False,
                event=event,
            )  # fmt: skip
            keys += apply(self.play.board, stored)
        self.gateway.applied(self.play.board.seq, keys)

    def screen(self, account: Actor | None = None) -> Screen:
        """A screen that has said hello on a fresh page."""
        return Screen(self.gateway, account or commander()).hello()

    async def settled(self) -> None:
        async with asyncio.timeout(10):
            while not self.gateway.settled:  # noqa: ASYNC110 - that is what is waited for
                await asyncio.sleep(0.002)

    async def frames(self, screen: Screen) -> list[dict[str, Any]]:
        await self.settled()
        return screen.frames()


def same(screen: Screen, live: Live) -> bool:
    fresh = views.snapshot(live.play.board, screen.peer.audience)
    plain = json.loads(json.dumps(fresh, default=str))
    return bool({k: {str(i): e for i, e in es.items()} for k, es in screen.view.items()} == plain)


async def test_first_frame_is_a_snapshot_then_updates() -> None:
    live = Live()
    screen = live.screen()
    live.play.act(COMMANDER, open_incident())
    assert [f["t"] for f in await live.frames(screen)] == ["snapshot", "update"]
    assert same(screen, live)


async def test_who_has_seen_more_than_we_have_waits_for_us() -> None:
    live = Live()
    live.play.need()
    ahead = live.play.board.seq + 1
    screen = Screen(live.gateway, commander())
    screen.hello(ahead, LOG_ID)
    assert screen.frames() == []
    live.play.act(COMMANDER, open_incident())
    first, *_ = await live.frames(screen)
    assert (first["t"], first["seq"] >= ahead) == ("replay", True)


async def test_who_has_seen_what_never_comes_gets_what_there_is() -> None:
    live = Live()
    live.play.need()
    screen = Screen(live.gateway, commander())
    screen.hello(live.play.board.seq + 100, LOG_ID)
    await live.gateway.sweep(time.monotonic() + AHEAD_S + 0.1)
    assert [f["t"] for f in screen.frames()] == ["snapshot"]
    assert same(screen, live)


async def test_who_leaves_while_waiting_for_us_is_forgotten() -> None:
    live = Live()
    screen = Screen(live.gateway, commander())
    screen.hello(1, LOG_ID)
    screen.pipe.close()
    live.play.act(COMMANDER, open_incident())
    await live.settled()
    assert screen.frames() == []


async def test_resume_replays_exactly_what_was_missed() -> None:
    live = Live()
    screen = live.screen()
    need = live.play.need()
    await live.frames(screen)
    screen.pipe.close()
    live.play.offer(need.id, 1, 2)
    live.play.plan(need.id, 3)
    live.play.plan(need.id, 4)
    again = Screen(live.gateway, commander()).hello(screen.seq, LOG_ID)
    again.view, again.seq = screen.view, screen.seq
    (replay,) = again.frames()
    assert replay["t"] == "replay"
    assert same(again, live)


async def test_nothing_missed_is_an_empty_replay() -> None:
    live = Live()
    live.play.need()
    again = Screen(live.gateway, commander()).hello(live.play.board.seq, LOG_ID)
    (replay,) = again.frames()
    assert (replay["t"], replay["upserts"], replay["removed"]) == ("replay", {}, {})


@pytest.mark.parametrize(
    ("seq", "log_id"), [(1, "another log"), (1, None), (None, LOG_ID), (10_000, "another log")]
)
async def test_what_cannot_be_replayed_is_a_snapshot(seq: int | None, log_id: str | None) -> None:
    live = Live()
    live.play.need()
    (frame,) = Screen(live.gateway, commander()).hello(seq, log_id).frames()
    assert frame["t"] == "snapshot"


async def test_too_long_away_is_a_snapshot() -> None:
    live = Live()
    live.play.act(COMMANDER, open_incident())
    for _ in range(BATCHES + 1):
        live.play.act(COMMANDER, act.AddNote(text="rain"))
    for seq, kind in ((1, "snapshot"), (2, "replay")):
        (frame,) = Screen(live.gateway, commander()).hello(seq, LOG_ID).frames()
        assert frame["t"] == kind


async def test_a_volunteer_hears_only_of_their_own() -> None:
    live = Live()
    screen = live.screen(volunteer(1))
    await live.frames(screen)
    need = live.play.need()
    live.play.offer(need.id, 2)
    assert await live.frames(screen) == []
    (offer,) = live.play.offer(need.id, 1)
    (update,) = await live.frames(screen)
    assert [o["id"] for o in update["upserts"]["offer"]] == [offer.id]
    live.play.act(volunteer(1), act.AcceptOffer(offer_id=offer.id))
    await live.frames(screen)
    assert same(screen, live)
    assert screen.view["me"][1]["status"] == "ASSIGNED"


async def test_hidden_events_still_move_the_seq_a_volunteer_resumes_from() -> None:
    live = Live()
    screen = live.screen(volunteer(1))
    live.play.need()
    assert [f["t"] for f in await live.frames(screen)] == ["snapshot"]
    screen.say({"t": "ping"})
    (pong,) = screen.frames()
    assert (pong["t"], pong["seq"]) == ("pong", live.play.board.seq)
    (replay,) = Screen(live.gateway, volunteer(1)).hello(1, LOG_ID).frames()
    assert (replay["t"], replay["seq"], replay["upserts"]) == ("replay", 3, {})


async def test_a_pong_never_runs_ahead_of_what_is_still_to_be_told() -> None:
    """Who resumes from a pong's seq must have everything up to it."""
    live = Live()
    need = live.play.need()
    mine, other = live.play.offer(need.id, 1, 2)
    screen = live.screen(volunteer(1))
    live.play.act(volunteer(2), act.AcceptOffer(offer_id=other.id))
    assert not live.gateway.settled
    screen.say({"t": "ping"})
    assert [f["t"] for f in screen.frames()] == ["snapshot", "update", "pong"]
    assert screen.view["offer"][mine.id]["need"]["filled"] == 1
    assert same(screen, live)


async def test_answers_of_others_are_told_when_they_change_what_one_sees() -> None:
    live = Live()
    need = live.play.need()
    mine, yes, no = live.play.offer(need.id, 1, 2, 3)
    screen = live.screen(volunteer(1))
    await live.frames(screen)
    live.play.act(volunteer(2), act.AcceptOffer(offer_id=yes.id))
    (update,) = await live.frames(screen)
    assert update["upserts"]["offer"][0]["need"]["filled"] == 1
    live.play.act(volunteer(3), act.DeclineOffer(offer_id=no.id, reason=DeclineReason.BUSY))
    assert await live.frames(screen) == []
    assert same(screen, live)
    assert mine.id in screen.view["offer"]


async def test_who_was_asked_long_ago_is_not_told_of_the_need_any_more() -> None:
    live = Live()
    first, second = live.play.need(), live.play.need()
    for need in (first, second):
        live.play.now += timedelta(minutes=1)
        (offer,) = live.play.offer(need.id, 1)
        live.play.act(volunteer(1), act.DeclineOffer(offer_id=offer.id, reason=DeclineReason.BUSY))
    screen = live.screen(volunteer(1))
    await live.frames(screen)
    seen = live.play.board.changes["need", first.id].seq
    live.play.act(COMMANDER, act.CloseNeed(need_id=first.id, seen_seq=seen, reason="done"))
    assert await live.frames(screen) == []
    assert same(screen, live)


async def test_many_changes_become_one_frame_of_the_latest() -> None:
    live = Live()
    screen = live.screen()
    for _ in range(100):
        live.play.act(COMMANDER, act.AddNote(text="rain"))
    frames = await live.frames(screen)
    assert [f["t"] for f in frames] == ["snapshot", "update"]
    assert len(frames[1]["upserts"]["entry"]) == 100
    assert same(screen, live)


async def test_all_devices_of_one_person_see_the_same() -> None:
    live = Live()
    need = live.play.need()
    screens = [live.screen(volunteer(1)) for _ in range(3)]
    live.play.offer(need.id, 1)
    for screen in screens:
        await live.frames(screen)
        assert same(screen, live)
    assert live.gateway.online_since(VolunteerId(1)) is not None
    assert live.gateway.online_since(VolunteerId(2)) is None


async def test_the_ninth_device_closes_the_oldest() -> None:
    live = Live()
    screens = [live.screen(volunteer(1)) for _ in range(DEVICES)]
    other = live.screen(volunteer(2))
    assert [s.code for s in screens] == [None] * DEVICES
    newest = live.screen(volunteer(1))
    assert [s.code for s in screens] == [wire.CLOSE_TOO_MANY] + [None] * (DEVICES - 1)
    assert (newest.code, other.code) == (None, None)


async def test_commanders_share_a_view_but_not_their_limit() -> None:
    live = Live()
    screens = [live.screen(commander(f"c{n}")) for n in range(DEVICES + 2)]
    assert {s.code for s in screens} == {None}


async def test_a_slow_screen_is_brought_up_to_date_and_slows_nobody() -> None:
    live = Live()
    slow, quick = live.screen(), live.screen()
    await live.frames(slow)
    slow.pipe.reads = False
    note = "x" * 900
    async with asyncio.timeout(20):
        while slow.peer.ready:
            for _ in range(50):
                live.play.act(COMMANDER, act.AddNote(text=note))
            await live.frames(quick)
    waiting = slow.pipe.buffered
    live.play.need()
    await live.frames(quick)
    assert same(quick, live)
    assert slow.pipe.buffered == waiting, "nothing is added while it does not read"
    slow.pipe.read_again()
    await live.frames(slow)
    assert same(slow, live)
    assert live.gateway.counters.caught_up == 1


async def test_who_stays_slow_is_closed_and_then_dropped() -> None:
    live = Live()
    screen = live.screen()
    screen.peer.pause_writing()
    now_s = time.monotonic()
    await live.gateway.sweep(now_s + SLOW_S - 1)
    assert screen.peer.closing_s is None
    await live.gateway.sweep(now_s + SLOW_S + 1)
    assert screen.code == wire.CLOSE_SLOW
    assert live.gateway.counters.closed[wire.CLOSE_SLOW] == 1


async def test_silence_is_met_with_pings_then_with_goodbye() -> None:
    live = Live()
    screen = live.screen()
    heard_s = screen.peer.heard_s
    await live.gateway.sweep(heard_s + PING_AFTER_S - 1)
    screen.frames()
    assert screen.pings == 0
    await live.gateway.sweep(heard_s + PING_AFTER_S + 1)
    screen.frames()
    assert screen.pings == 1
    assert screen.peer.heard_s > heard_s, "the browser answers by itself"
    deaf = live.screen()
    deaf.pipe.reads = False
    await live.gateway.sweep(deaf.peer.heard_s + SILENCE_S + 1)
    assert deaf.peer.closing_s is not None
    await live.gateway.sweep(time.monotonic() + SILENCE_S)
    assert deaf.pipe.aborted


async def test_who_does_not_say_hello_is_closed() -> None:
    live = Live()
    mute = Screen(live.gateway, commander())
    await live.gateway.sweep(time.monotonic() + 11)
    assert mute.code == wire.CLOSE_SLOW


@pytest.mark.parametrize(
    ("account", "frame"),
    [
        (commander(), {"t": "hello", "last_seq": None, "log_id": None}),
        (volunteer(1), {"t": "look", "west": 0, "south": 0, "east": 1, "north": 1}),
        (
            commander(),
            {
                "t": "fix",
                "fix": {"lon": 0, "lat": 0, "accuracy_m": 5, "taken_at": "2026-07-20T19:00:00Z"},
            },
        ),
    ],
)
async def test_what_is_not_for_this_audience_closes(account: Actor, frame: dict[str, Any]) -> None:
    live = Live()
    screen = live.screen(account)
    screen.say(frame)
    assert screen.code == wire.CLOSE_BROKEN


LOOK = {"t": "look", "west": 0.0, "south": -5.0, "east": 10.0, "north": 5.0}


def fix(lon: float, lat: float = 0.0) -> Fix:
    return Fix(lon=lon, lat=lat, accuracy_m=5, taken_at=T0)


async def on_task(live: Live, *people: int) -> None:
    for person in people:
        need = live.play.need()
        live.play.accepted(need.id, person)
    await live.settled()


async def test_positions_go_to_who_looks_there_newest_only_and_once() -> None:
    live = Live()
    await on_task(live, 1, 2)
    here, elsewhere, blind = live.screen(), live.screen(), live.screen()
    here.say(LOOK)
    elsewhere.say(LOOK | {"west": 50.0, "east": 60.0})
    for screen in (here, elsewhere, blind):
        await live.frames(screen)
    live.gateway.flush_positions()
    for lon in (1.0, 2.0):
        live.gateway.moved(VolunteerId(1), fix(lon))
    live.gateway.moved(VolunteerId(2), fix(55.0))
    live.gateway.flush_positions()
    (frame,) = here.frames()
    assert [(f["volunteer_id"], f["lon"]) for f in frame["fixes"]] == [(1, 2.0)]
    (frame,) = elsewhere.frames()
    assert [f["volunteer_id"] for f in frame["fixes"]] == [2]
    live.gateway.flush_positions()
    assert here.frames() == blind.frames() == []


async def test_who_looks_elsewhere_gets_what_is_known_there() -> None:
    live = Live()
    await on_task(live, 1)
    live.gateway.moved(VolunteerId(1), fix(1.0))
    live.gateway.flush_positions()
    screen = live.screen()
    await live.frames(screen)
    screen.say(LOOK)
    live.gateway.flush_positions()
    (frame,) = screen.frames()
    assert [f["volunteer_id"] for f in frame["fixes"]] == [1]


async def test_positions_only_of_who_may_be_followed() -> None:
    live = Live()
    await on_task(live, 1)
    live.play.act(volunteer(2), act.CheckIn(volunteer_id=VolunteerId(2)))
    screen = live.screen()
    screen.say(LOOK)
    await live.frames(screen)
    for person in (1, 2, 3):
        live.gateway.moved(VolunteerId(person), fix(1.23456))
    live.gateway.flush_positions()
    (frame,) = screen.frames()
    shown = {f["volunteer_id"]: (f["lon"], f["accuracy_m"]) for f in frame["fixes"]}
    assert shown == {1: (1.23456, 5.0), 2: (1.235, 1000.0)}, "exact only once accepted"
    assignment = live.play.board.active[VolunteerId(1)]
    live.play.act(COMMANDER, act.StandDown(assignment_id=assignment, reason="done"))
    await live.frames(screen)
    live.gateway.moved(VolunteerId(1), fix(2.0))
    screen.say(LOOK)
    live.gateway.flush_positions()
    (frame,) = screen.frames()
    assert [f["volunteer_id"] for f in frame["fixes"]] == [2]


async def test_old_positions_are_not_shown() -> None:
    live = Live()
    await on_task(live, 1)
    screen = live.screen()
    screen.say(LOOK)
    await live.frames(screen)
    clock = live.gateway._clock
    assert isinstance(clock, ManualClock)
    await clock.advance(3_600)
    live.gateway.moved(VolunteerId(1), fix(1.0))
    live.gateway.flush_positions()
    assert screen.frames() == []


async def test_drain_tells_when_to_come_back_and_lets_nobody_new_in() -> None:
    live = Live()
    screens = [live.screen(), live.screen(volunteer(1))]
    live.play.need()
    draining = asyncio.create_task(live.gateway.drain(15))
    async with asyncio.timeout(5):
        while not all(s.peer.closing_s for s in screens):  # noqa: ASYNC110
            await asyncio.sleep(0)
    for screen in screens:
        frames = screen.frames()
        assert frames[-1] == {"t": "restarting", "retry_after_s": 15}
        assert same(screen, live), "what was pending went out first"
        assert screen.code == wire.CLOSE_RESTARTING
    await draining
    assert len(live.gateway) == 0
    assert Screen(live.gateway, commander()).code == wire.CLOSE_RESTARTING


async def test_drain_drops_who_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_module, "GOODBYE_S", 0.1)
    live = Live()
    screen = live.screen()
    screen.pipe.reads = False
    await live.gateway.drain(15)
    assert screen.pipe.aborted
    assert len(live.gateway) == 0


async def test_work_is_done_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_module, "SLICE_S", 0.0)
    live = Live()
    need = live.play.need()
    screens = [live.screen(volunteer(n)) for n in range(1, 21)]
    for screen in screens:
        screen.frames()
    live.play.offer(need.id, *range(1, 21))
    turns = 0
    while not live.gateway.settled:
        turns += 1
        await asyncio.sleep(0)
    assert turns > 1
    for screen in screens:
        screen.frames()
        assert same(screen, live)


async def test_sessions_are_named_by_their_digests() -> None:
    live = Live()
    one = Screen(live.gateway, commander(), session="a")
    two = Screen(live.gateway, volunteer(1), session="b")
    assert live.gateway.sessions() == {"a": [one.peer], "b": [two.peer]}
