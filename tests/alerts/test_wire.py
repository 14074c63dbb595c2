"""The frames, without an event loop: good ones pass, junk is BadFrame and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.alerts import wire
from dispatch.alerts.wire import Head, Hello, Ping
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
    assert isinstance(frame, Hello | Ping)


def test_server_frames() -> None:
    snapshot = json.loads(wire.snapshot(HEAD, {"zone": {"a": {"id": "a"}}}))
    assert snapshot == {
        "t": "snapshot",
        "seq": 7,
        "log_id": "abc",
        "exercise": True,
        "now": "2026-07-20T19:00:00Z",
        "view": {"zone": [{"id": "a"}]},
    }
    replay = json.loads(wire.replay(HEAD, {"zone": []}, {"zone": ["a"]}))
    assert (replay["t"], replay["removed"]) == ("replay", {"zone": ["a"]})
    update = json.loads(wire.update(8, {}, {"zone": ["a"]}))
    assert update == {"t": "update", "seq": 8, "upserts": {}, "removed": {"zone": ["a"]}}
    fix = Fix(lon=1, lat=2, accuracy_m=3, taken_at=T0)
    positions = json.loads(wire.positions([(VolunteerId(5), fix)]))
    assert positions["fixes"][0]["volunteer_id"] == 5
    assert json.loads(wire.pong(9, T0))["seq"] == 9
    assert json.loads(wire.restarting(15)) == {"t": "restarting", "retry_after_s": 15}
