"""The gateway against the real board: replay equals snapshot, slow phones hurt nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dispatch import actions as act
from dispatch import views
from dispatch.alerts.gateway import QUEUE_FRAMES, REPLAY_EVENTS, Connection, Gateway
from dispatch.alerts.wire import Hello
from dispatch.board import apply
from dispatch.clock import ManualClock
from dispatch.events import Stored
from dispatch.model import Fix, VolunteerId
from dispatch.views import COMMANDERS, Audience
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

    async def drain(self, connection: Connection) -> list[dict[str, Any]]:
        frames = []
        while not connection.idle:
            frames.append(json.loads(await connection.next_frame(self.gateway.fresh_snapshot)))
        return frames


class Screen:
    """What a client does: a map by kind and id."""

    def __init__(self) -> None:
        self.seq: int | None = None
        self.view: dict[str, dict[Any, Any]] = {}

    def take(self, frame: dict[str, Any]) -> None:
        if frame["t"] == "snapshot":
            self.view = {k: {e["id"]: e for e in es} for k, es in frame["view"].items()}
        elif frame["t"] in ("replay", "update"):
            for kind, entities in frame["upserts"].items():
                self.view.setdefault(kind, {}).update({e["id"]: e for e in entities})
            for kind, ids in frame["removed"].items():
                for ident in ids:
                    self.view.get(kind, {}).pop(ident, None)
        self.seq = frame["seq"]


def fresh(live: Live, audience: Audience) -> Any:
    return json.loads(json.dumps(views.snapshot(live.play.board, audience), default=str))


def same(screen: Screen, live: Live, audience: Audience) -> bool:
    keyed = {k: {str(i): e for i, e in es.items()} for k, es in screen.view.items()}
    return bool(keyed == fresh(live, audience))


async def test_first_frame_is_a_snapshot_then_updates() -> None:
    live = Live()
    connection = live.gateway.attach(COMMANDERS, Hello())
    live.play.act(COMMANDER, open_incident())
    frames = await live.drain(connection)
    assert [f["t"] for f in frames] == ["snapshot", "update"]
    screen = Screen()
    for frame in frames:
        screen.take(frame)
    assert same(screen, live, COMMANDERS)


async def test_resume_replays_exactly_what_was_missed() -> None:
    live = Live()
    screen = Screen()
    connection = live.gateway.attach(COMMANDERS, Hello())
    need = live.play.need()
    for frame in await live.drain(connection):
        screen.take(frame)
    live.gateway.detach(connection)
    live.play.offer(need.id, 1, 2)
    live.play.plan(need.id, 3)
    live.play.plan(need.id, 4)
    again = live.gateway.attach(COMMANDERS, Hello(last_seq=screen.seq, log_id=LOG_ID))
    (replay,) = await live.drain(again)
    assert replay["t"] == "replay"
    screen.take(replay)
    assert same(screen, live, COMMANDERS)


async def test_nothing_missed_is_an_empty_replay() -> None:
    live = Live()
    live.play.need()
    hello = Hello(last_seq=live.play.board.seq, log_id=LOG_ID)
    (replay,) = await live.drain(live.gateway.attach(COMMANDERS, hello))
    assert (replay["t"], replay["upserts"], replay["removed"]) == ("replay", {}, {})


@pytest.mark.parametrize(
    "hello",
    [
        Hello(last_seq=1, log_id="another log"),
        Hello(last_seq=1, log_id=None),
        Hello(last_seq=None, log_id=LOG_ID),
        Hello(last_seq=10_000, log_id=LOG_ID),
    ],
)
async def test_what_cannot_be_replayed_is_a_snapshot(hello: Hello) -> None:
    live = Live()
    live.play.need()
    (frame,) = await live.drain(live.gateway.attach(COMMANDERS, hello))
    assert frame["t"] == "snapshot"


async def test_too_long_away_is_a_snapshot() -> None:
    live = Live()
    live.play.act(COMMANDER, open_incident())
    for _ in range(REPLAY_EVENTS + 1):
        live.play.act(COMMANDER, act.AddNote(text="rain"))
    (frame,) = await live.drain(live.gateway.attach(COMMANDERS, Hello(last_seq=1, log_id=LOG_ID)))
    assert frame["t"] == "snapshot"
    (frame,) = await live.drain(live.gateway.attach(COMMANDERS, Hello(last_seq=2, log_id=LOG_ID)))
    assert frame["t"] == "replay"


async def test_a_volunteer_hears_only_of_their_own() -> None:
    live = Live()
    mine = Audience(volunteer_id=VolunteerId(1))
    connection = live.gateway.attach(mine, Hello())
    await live.drain(connection)
    need = live.play.need()
    live.play.offer(need.id, 2)
    assert connection.idle
    (offer,) = live.play.offer(need.id, 1)
    (update,) = await live.drain(connection)
    assert [o["id"] for o in update["upserts"]["offer"]] == [offer.id]
    live.play.act(volunteer(1), act.AcceptOffer(offer_id=offer.id))
    screen = Screen()
    again = live.gateway.attach(mine, Hello())
    for frame in await live.drain(again):
        screen.take(frame)
    assert same(screen, live, mine)
    assert screen.view["me"][1]["status"] == "ASSIGNED"


async def test_hidden_events_still_move_the_seq_a_volunteer_resumes_from() -> None:
    live = Live()
    mine = Audience(volunteer_id=VolunteerId(1))
    live.play.need()
    assert json.loads(live.gateway.pong())["seq"] == live.play.board.seq
    hello = Hello(last_seq=1, log_id=LOG_ID)
    (replay,) = await live.drain(live.gateway.attach(mine, hello))
    assert (replay["t"], replay["seq"], replay["upserts"]) == ("replay", 3, {})


async def test_a_slow_screen_gets_a_fresh_snapshot_and_slows_nobody() -> None:
    live = Live()
    slow = live.gateway.attach(COMMANDERS, Hello())
    quick = live.gateway.attach(COMMANDERS, Hello())
    screen = Screen()
    for _ in range(QUEUE_FRAMES + 10):
        live.play.act(COMMANDER, act.AddNote(text="rain"))
        for frame in await live.drain(quick):
            screen.take(frame)
    assert same(screen, live, COMMANDERS)
    frames = await live.drain(slow)
    assert [f["t"] for f in frames] == ["snapshot"]
    late = Screen()
    late.take(frames[0])
    assert same(late, live, COMMANDERS)


async def test_positions_are_conflated_and_skip_who_is_behind() -> None:
    live = Live()
    behind = live.gateway.attach(COMMANDERS, Hello())
    connection = live.gateway.attach(COMMANDERS, Hello())
    await live.drain(connection)
    for lon in (1.0, 2.0):
        fix = Fix(lon=lon, lat=0, accuracy_m=5, taken_at=T0)
        live.gateway.moved(VolunteerId(4), fix)
    live.gateway.flush_positions()
    (frame,) = await live.drain(connection)
    assert [f["lon"] for f in frame["fixes"]] == [2.0]
    assert [f["t"] for f in await live.drain(behind)] == ["snapshot"]
    live.gateway.flush_positions()
    assert connection.idle


async def test_goodbye_and_count() -> None:
    live = Live()
    connection = live.gateway.attach(COMMANDERS, Hello())
    assert len(live.gateway) == 1
    live.gateway.say_goodbye(15)
    frames = await live.drain(connection)
    assert frames[-1] == {"t": "restarting", "retry_after_s": 15}
    live.gateway.detach(connection)
    live.gateway.detach(connection)
    assert len(live.gateway) == 0
