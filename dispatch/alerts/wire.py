"""The frames of the wire, sans I/O: text in, values out; values in, ready-made frames out.

See docs/reference/http.md, "The wire". A client may say `hello` (first), `ping`, a commander
`look`, a volunteer `fix`; anything else is a `BadFrame` and costs that client its connection,
nobody else's. What the server says is encoded once as the bytes of a websocket frame, which may be
written to any number of sockets: frames of a server are not masked (RFC 6455, 5.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from websockets.frames import Frame, Opcode

from dispatch.errors import BadFrame
from dispatch.model import Fix, VolunteerId
from dispatch.views import Entity, View

MAX_CLIENT_FRAME: Final = 4_096
"""Characters; a client has nothing longer to say."""

CLOSE_BINARY: Final = 1003
CLOSE_NOT_TEXT: Final = 1007
CLOSE_BROKEN: Final = 1008
CLOSE_TOO_LONG: Final = 1009
CLOSE_RESTARTING: Final = 1012
CLOSE_SLOW: Final = 1013
CLOSE_NO_SESSION: Final = 4401
CLOSE_TOO_MANY: Final = 4429
"""The account opened its ninth socket; the oldest makes room."""


Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]


class Hello(msgspec.Struct, tag_field="t", tag="hello", forbid_unknown_fields=True, frozen=True):
    """The client's first frame: where it stopped, and in which log. Both null on a fresh page."""

    last_seq: int | None = None
    log_id: str | None = None


class Ping(msgspec.Struct, tag_field="t", tag="ping", forbid_unknown_fields=True, frozen=True):
    """Are you there?"""


class Look(msgspec.Struct, tag_field="t", tag="look", forbid_unknown_fields=True, frozen=True):
    """The part of the map a commander sees, degrees; `west` exceeds `east` across 180."""

    west: Longitude
    south: Latitude
    east: Longitude
    north: Latitude


class Report(msgspec.Struct, tag_field="t", tag="fix", forbid_unknown_fields=True, frozen=True):
    """Where a volunteer on duty or on a task is."""

    fix: Fix


ClientFrame = Hello | Ping | Look | Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What every state frame begins with."""

    seq: int
    log_id: str
    exercise: bool
    now: datetime


PING: Final[bytes] = Frame(Opcode.PING, b"").serialize(mask=False)
"""The server's own "are you there?": browsers answer it even while their page is frozen."""

_decoder: Final[msgspec.json.Decoder[ClientFrame]] = msgspec.json.Decoder(ClientFrame)
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


def parse(text: str) -> ClientFrame:
    """Return the client's frame.

    Raises:
        BadFrame: too long, not JSON, not a frame a client may send.
    """
    if len(text) > MAX_CLIENT_FRAME:
        raise BadFrame("frame too long", CLOSE_TOO_LONG)
    try:
        frame = _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        raise BadFrame(str(exc)[:100]) from exc
    if isinstance(frame, Hello) and (frame.last_seq or 0) < 0:
        raise BadFrame("last_seq is negative")
    return frame


def snapshot(head: Head, view: View) -> bytes:
    """Frame everything: the client replaces what it has."""
    lists = {kind: list(entities.values()) for kind, entities in view.items()}
    return _state("snapshot", head, {"view": lists})


def replay(
    head: Head, upserts: Mapping[str, list[Entity]], removed: Mapping[str, list[Any]]
) -> bytes:
    """Frame all that was missed, as whole entities."""
    return _state("replay", head, {"upserts": upserts, "removed": removed})


def update(
    seq: int,
    after_seq: int,
    upserts: Mapping[str, list[Entity]],
    removed: Mapping[str, list[Any]],
) -> bytes:
    """Frame what just changed, as whole entities.

    `after_seq` is the seq of the update before it: a client that stands before that has missed one.
    """
    lead = {"t": "update", "seq": seq, "after_seq": after_seq}
    return _frame({**lead, "upserts": upserts, "removed": removed})


def position(volunteer_id: VolunteerId, fix: Fix) -> bytes:
    """Encode one position report for `positions`."""
    return _encode({"volunteer_id": volunteer_id, **msgspec.to_builtins(fix)})


def positions(rows: Iterable[bytes]) -> bytes:
    """Frame last-value-wins position reports; they have no seq."""
    return _text(b'{"t":"positions","fixes":[' + b",".join(rows) + b"]}")


def pong(seq: int, after_seq: int, now: datetime) -> bytes:
    """Frame the answer to a ping: how far the log is, hidden updates included."""
    return _frame({"t": "pong", "seq": seq, "after_seq": after_seq, "now": now})


def restarting(retry_after_s: int) -> bytes:
    """Frame the server's goodbye: come back after a random part of that time."""
    return _frame({"t": "restarting", "retry_after_s": retry_after_s})


def _state(kind: str, head: Head, body: Mapping[str, object]) -> bytes:
    lead = {"seq": head.seq, "log_id": head.log_id, "exercise": head.exercise, "now": head.now}
    return _frame({"t": kind, **lead, **body})


def _frame(body: Mapping[str, object]) -> bytes:
    return _text(_encode(body))


def _text(payload: bytes) -> bytes:
    return Frame(Opcode.TEXT, payload).serialize(mask=False)
