"""The frames of the wire, sans I/O: text in, values out; values in, text out.

See docs/reference/http.md, "The wire". A client may say `hello` (first) and `ping`; anything else
is a `BadFrame` and costs that client its connection, nobody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from dispatch.errors import BadFrame
from dispatch.model import Fix, VolunteerId
from dispatch.views import Entity, View

MAX_CLIENT_FRAME: Final = 4_096
"""Bytes; a client has nothing longer to say."""

CLOSE_BROKEN: Final = 1008
CLOSE_RESTARTING: Final = 1012
CLOSE_SLOW: Final = 1013
CLOSE_NO_SESSION: Final = 4401


class Hello(msgspec.Struct, tag_field="t", tag="hello", forbid_unknown_fields=True, frozen=True):
    """The client's first frame: where it stopped, and in which log. Both null on a fresh page."""

    last_seq: int | None = None
    log_id: str | None = None


class Ping(msgspec.Struct, tag_field="t", tag="ping", forbid_unknown_fields=True, frozen=True):
    """Are you there?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What every state frame begins with."""

    seq: int
    log_id: str
    exercise: bool
    now: datetime


_decoder: Final[msgspec.json.Decoder[Hello | Ping]] = msgspec.json.Decoder(Hello | Ping)
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


def parse(text: str) -> Hello | Ping:
    """Return the client's frame.

    Raises:
        BadFrame: too long, not JSON, not a frame a client may send.
    """
    if len(text) > MAX_CLIENT_FRAME:
        raise BadFrame("frame too long", 1009)
    try:
        frame = _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        raise BadFrame(str(exc)[:100]) from exc
    if isinstance(frame, Hello) and (frame.last_seq or 0) < 0:
        raise BadFrame("last_seq is negative")
    return frame


def snapshot(head: Head, view: View) -> str:
    """Encode everything: the client replaces what it has."""
    lists = {kind: list(entities.values()) for kind, entities in view.items()}
    return _frame("snapshot", head, {"view": lists})


def replay(
    head: Head, upserts: Mapping[str, list[Entity]], removed: Mapping[str, list[Any]]
) -> str:
    """Encode all that was missed, as whole entities."""
    return _frame("replay", head, {"upserts": upserts, "removed": removed})


def update(seq: int, upserts: Mapping[str, list[Entity]], removed: Mapping[str, list[Any]]) -> str:
    """Encode what just changed, as whole entities."""
    return _encode({"t": "update", "seq": seq, "upserts": upserts, "removed": removed}).decode()


def positions(fixes: Iterable[tuple[VolunteerId, Fix]]) -> str:
    """Encode last-value-wins position reports; they have no seq."""
    rows = [{"volunteer_id": v, **msgspec.to_builtins(fix)} for v, fix in fixes]
    return _encode({"t": "positions", "fixes": rows}).decode()


def pong(seq: int, now: datetime) -> str:
    """Encode the answer to a ping: how far the log is, hidden updates included."""
    return _encode({"t": "pong", "seq": seq, "now": now}).decode()


def restarting(retry_after_s: int) -> str:
    """Encode the server's goodbye: come back after a random part of that time."""
    return _encode({"t": "restarting", "retry_after_s": retry_after_s}).decode()


def _frame(kind: str, head: Head, body: Mapping[str, object]) -> str:
    lead = {"seq": head.seq, "log_id": head.log_id, "exercise": head.exercise, "now": head.now}
    return _encode({"t": kind, **lead, **body}).decode()
