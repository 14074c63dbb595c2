"""The gateway: every live connection, and what it is sent.

It holds no truth. It reads the board, is told which entities changed, and gives each audience the
changed ones; frames are encoded once per audience. A connection has one bounded queue: when a slow
phone fills it, the queue is thrown away and the phone gets a fresh snapshot as soon as it reads
again. Transport (sockets, time limits) is the caller's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from dispatch import views
from dispatch.alerts import wire
from dispatch.board import Board, Key
from dispatch.model import Fix, VolunteerId
from dispatch.ports import Clock
from dispatch.views import COMMANDERS, Audience, Entity

QUEUE_FRAMES: Final = 256
REPLAY_EVENTS: Final = 4_096
POSITIONS_EVERY_S: Final = 1.0

Changes = tuple[dict[str, list[Entity]], dict[str, list[Any]]]


class Connection:
    """One live screen: a bounded queue of encoded frames, and whether it lost its place."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self._frames: deque[str] = deque()
        self._lost = False
        self._ready = asyncio.Event()

    def push(self, frame: str) -> None:
        """Queue a frame; on overflow drop all and remember that a snapshot is due."""
        if self._lost:
            return
        if len(self._frames) >= QUEUE_FRAMES:
            self._frames.clear()
            self._lost = True
        else:
            self._frames.append(frame)
        self._ready.set()

    @property
    def idle(self) -> bool:
        """Whether everything queued has been taken."""
        return not self._frames and not self._lost

    async def next_frame(self, fresh_snapshot: Callable[[Audience], str]) -> str:
        """Wait for the next frame to send, in order."""
        while self.idle:
            self._ready.clear()
            await self._ready.wait()
        if self._lost:
            self._lost = False
            return fresh_snapshot(self.audience)
        return self._frames.popleft()


class Gateway:
    """Fans changes of one board out to the connections of its commanders and volunteers."""

    def __init__(self, board: Board, log_id: str, clock: Clock) -> None:
        self._board = board
        self._log_id = log_id
        self._clock = clock
        self._connections: dict[Audience, set[Connection]] = {}
        self._recent: deque[tuple[int, tuple[Key, ...]]] = deque(maxlen=REPLAY_EVENTS)
        self._moved: dict[VolunteerId, Fix] = {}

    def applied(self, seq: int, keys: Sequence[Key]) -> None:
        """Take note that the board moved to `seq`, touching `keys`; push to who may see it."""
        self._recent.append((seq, tuple(dict.fromkeys(keys))))
        if not self._connections:
            return
        volunteers = views.audiences(self._board, keys)
        affected = {COMMANDERS} | {Audience(volunteer_id=v) for v in volunteers}
        for audience in affected & self._connections.keys():
            upserts, removed = self._changes(audience, keys)
            if upserts or removed:
                self._send(audience, wire.update(seq, upserts, removed))

    def moved(self, volunteer_id: VolunteerId, fix: Fix) -> None:
        """Take a position report; the last one of each person goes out within a second."""
        self._moved[volunteer_id] = fix

    def flush_positions(self) -> None:
        """Send the newest fixes to the commanders who keep up; the others wait for the next."""
        if not self._moved:
            return
        frame = wire.positions(sorted(self._moved.items()))
        self._moved = {}
        for connection in self._connections.get(COMMANDERS, ()):
            if connection.idle:
                connection.push(frame)

    def attach(self, audience: Audience, hello: wire.Hello) -> Connection:
        """Open a connection, beginning with the replay or snapshot its hello asks for."""
        connection = Connection(audience)
        connection.push(self._first_frame(audience, hello))
        self._connections.setdefault(audience, set()).add(connection)
        return connection

    def detach(self, connection: Connection) -> None:
        """Forget a connection."""
        left = self._connections.get(connection.audience, set())
        left.discard(connection)
        if not left:
            self._connections.pop(connection.audience, None)

    def pong(self) -> str:
        """Encode a pong for now."""
        return wire.pong(self._board.seq, self._clock.now())

    def say_goodbye(self, retry_after_s: int) -> None:
        """Queue the restarting frame for everyone."""
        for audience in self._connections:
            self._send(audience, wire.restarting(retry_after_s))

    def fresh_snapshot(self, audience: Audience) -> str:
        """Encode everything the audience may see now."""
        return wire.snapshot(self._head(), views.snapshot(self._board, audience))

    def __len__(self) -> int:
        return sum(len(c) for c in self._connections.values())

    def _first_frame(self, audience: Audience, hello: wire.Hello) -> str:
        keys = self._missed(hello)
        if keys is None:
            return self.fresh_snapshot(audience)
        return wire.replay(self._head(), *self._changes(audience, keys))

    def _missed(self, hello: wire.Hello) -> tuple[Key, ...] | None:
        """The keys touched since the client stopped, or None when they are not all known."""
        if hello.log_id != self._log_id or hello.last_seq is None:
            return None
        if hello.last_seq == self._board.seq:
            return ()
        known_from = self._recent[0][0] if self._recent else self._board.seq + 1
        if not known_from - 1 <= hello.last_seq < self._board.seq:
            return None
        after = (keys for seq, keys in self._recent if seq > hello.last_seq)
        return tuple(dict.fromkeys(key for keys in after for key in keys))

    def _changes(self, audience: Audience, keys: Iterable[Key]) -> Changes:
        upserts: dict[str, list[Entity]] = {}
        removed: dict[str, list[Any]] = {}
        for key in views.touched(self._board, audience, keys):
            entity = views.entity(self._board, audience, key)
            if entity is None:
                removed.setdefault(key[0], []).append(key[1])
            else:
                upserts.setdefault(key[0], []).append(entity)
        return upserts, removed

    def _send(self, audience: Audience, frame: str) -> None:
        for connection in self._connections.get(audience, ()):
            connection.push(frame)

    def _head(self) -> wire.Head:
        return wire.Head(
            seq=self._board.seq,
            log_id=self._log_id,
            exercise=self._board.exercise,
            now=self._clock.now(),
        )
