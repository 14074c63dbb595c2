"""The frames, without an event loop: good ones pass, junk is BadFrame and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame
from websockets.protocol import OPEN, Protocol, Side

from dispatch.alerts import wire
from dispatch.alerts.wire import Head, Hello, Look, Ping, Report
from dispatch.errors import BadFrame
from dispatch.model import Fix, VolunteerId
from tests.play import T0

HEAD = Head(seq=7, log_id="abc", exercise=True, now=T0)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_client_frames() -> None:
    assert wire.parse('{"t":"hello","last_seq":5,"log_id":"x"}') == Hello(last_seq=5, log_id="x")
    assert wire.parse('{"t":"hello","last_seq":null,"log_id":null}') == Hello()
    assert wire.parse('{"t":"ping"}') == Ping()
    look = '{"t":"look","west":-71.5,"south":-30,"east":-71,"north":-29}'
    assert wire.parse(look) == Look(-71.5, -30, -71, -29)
    fix = '{"lon":1,"lat":2,"accuracy_m":3,"taken_at":"2026-07-20T19:00:00Z"}'
    report = wire.parse(f'{{"t":"fix","fix":{fix}}}')
    assert report == Report(Fix(lon=1, lat=2, accuracy_m=3, taken_at=T0))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"t":"nuke"}',
        '{"t":"hello","last_seq":-1}',
        '{"t":"hello","last_seq":"5"}',
        '{"t":"hello","extra":1}',
        '{"t":"look","west":-71.5}',
        '{"t":"look","west":-181,"south":-30,"east":-71,"north":-29}',
        '{"t":"fix","fix":{"lon":200,"lat":0,"accuracy_m":3,"taken_at":"2026-07-20T19:00:00Z"}}',
        '{"t":"fix","fix":{"lon":1,"lat":0,"accuracy_m":3,"taken_at":"2026-07-20T19:00:00"}}',
        "[" * 4_000,
        "x" * (wire.MAX_CLIENT_FRAME + 1),
    ],
)
def test_bad_frames(text: str) -> None:
    with pytest.raises(BadFrame):
        wire.parse(text)


@given(st.text() | json_values.map(json.dumps))
def test_junk_is_a_bad_frame_and_nothing_else(text: str) -> None:
    try:
        frame = wire.parse(text)
    except BadFrame:
        return
    assert isinstance(frame, Hello | Ping | Look | Report)


def read(frame: bytes) -> dict[str, Any]:
    """What a client finds in the bytes of one frame."""
    client = Protocol(Side.CLIENT, state=OPEN)
    client.receive_data(frame)
    (event,) = client.events_received()
    assert isinstance(event, Frame)
    read: dict[str, Any] = json.loads(bytes(event.data))
    return read


def test_server_frames() -> None:
    assert read(wire.snapshot(HEAD, {"zone": {"a": {"id": "a"}}})) == {
        "t": "snapshot",
        "seq": 7,
        "log_id": "abc",
        "exercise": True,
        "now": "2026-07-20T19:00:00Z",
        "view": {"zone": [{"id": "a"}]},
    }
    replay = read(wire.replay(HEAD, {"zone": []}, {"zone": ["a"]}))
    assert (replay["t"], replay["removed"]) == ("replay", {"zone": ["a"]})
    assert read(wire.update(8, 5, {}, {"zone": ["a"]})) == {
        "t": "update",
        "seq": 8,
        "after_seq": 5,
        "upserts": {},
        "removed": {"zone": ["a"]},
    }
    fix = Fix(lon=1, lat=2, accuracy_m=3, taken_at=T0)
    rows = [wire.position(VolunteerId(n), fix) for n in (5, 6)]
    positions = read(wire.positions(rows))
    assert [f["volunteer_id"] for f in positions["fixes"]] == [5, 6]
    assert read(wire.pong(9, 8, T0))["after_seq"] == 8
    assert read(wire.restarting(15)) == {"t": "restarting", "retry_after_s": 15}
    assert read(wire.snapshot(HEAD, {"zone": {n: {"id": n} for n in range(9_000)}}))["t"]
