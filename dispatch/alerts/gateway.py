"""The gateway: every live screen, and what it is sent.

It holds no truth. It is told which entities of the board changed, and gives each audience the
changed ones as they are by then, in frames encoded once per audience. Work is done in slices
between which the server answers other requests: commanders at most 20 times a second, volunteers
as `pending` has them, positions once a second after both.

A screen that does not keep up is passed over and brought up to date when it has drained, or closed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from dispatch import views
from dispatch.alerts import wire
from dispatch.alerts.counters import Counters
from dispatch.alerts.history import KEYS, History
from dispatch.alerts.peer import Peer
from dispatch.alerts.pending import Keys, Pending
from dispatch.alerts.positions import Positions
from dispatch.alerts.wire import ClientFrame, Hello, Look, Ping, Report
from dispatch.board import Board, Key
from dispatch.errors import BadFrame
from dispatch.model import Fix, Role, VolunteerId, usable
from dispatch.ports import Clock
from dispatch.views import COMMANDERS, Audience, Entity

KEYS_OF_VOLUNTEER: Final = 256
"""The view of one person is small: beyond this a snapshot is made sooner than a replay."""
EVERY_S: Final = 1.0
"""How often positions and those who only look on are served, and silent screens looked for."""
COMMANDERS_EVERY_S: Final = 0.05
"""A map redraws no faster."""
SLICE_S: Final = 0.002
"""How long the gateway works before other requests get their turn."""
SLICE_PEERS: Final = 256
DEVICES: Final = 8
"""Sockets of one account; the ninth closes the oldest."""
HELLO_S: Final = 10.0
PING_AFTER_S: Final = 30.0
SILENCE_S: Final = 75.0
SLOW_S: Final = 30.0
AHEAD_S: Final = 5.0
"""A screen that has seen more than we have waits so long for us to catch up with it."""
GOODBYE_S: Final = 5.0
"""How long a closed socket may take to agree."""

Changes = tuple[dict[str, list[Entity]], dict[str, list[Any]]]


class Gateway:
    """Fans changes of one board out to the screens of its commanders and volunteers."""

    def __init__(self, board: Board, log_id: str, clock: Clock) -> None:
        self.counters = Counters()
        self._board = board
        self._log_id = log_id
        self._clock = clock
        self._peers: dict[Audience, list[Peer]] = {}
        self._told: dict[Audience, int] = {}
        self._history = History()
        self._pending = Pending(board)
        self._since_s: float | None = None
        self._commanders_at_s = self._lookers_at_s = 0.0
        self._wake: asyncio.Handle | None = None
        self._whole: tuple[int, bytes] | None = None
        self._ahead: dict[Peer, Hello] = {}
        self._positions = Positions()
        self._draining = False

    def applied(self, seq: int, keys: Sequence[Key]) -> None:
        """Take note that the board moved to `seq`, touching `keys`; whom it concerns is told soon.

        Must be called before anything else runs that the loop has waiting: pending keys and board
        belong together.
        """
        unique = dict.fromkeys(keys)
        self._history.add(seq, unique)
        for peer, hello in list(self._ahead.items()):
            if (hello.last_seq or 0) <= seq:
                self._greet(peer, hello)
        if not self._peers:
            return
        self._pending.add(unique, self._peers)
        if self._since_s is None:
            self._since_s = time.monotonic()
        self._schedule()

    def moved(self, volunteer_id: VolunteerId, fix: Fix) -> None:
        """Take a position report; it goes out within a second if that person may be followed."""
        exactness = views.position_shown(self._board, volunteer_id)
        if exactness is not None and usable(fix, self._clock.now()) is not None:
            self.counters.fixes += 1
            self._positions.take(volunteer_id, fix, exactness)

    def online_since(self, volunteer_id: VolunteerId) -> datetime | None:
        """Return since when a screen of this person is connected here; a hint for the channels."""
        peers = self._peers.get(Audience(volunteer_id=volunteer_id), ())
        opened_s = min((p.opened_s for p in peers if p.ready), default=None)
        if opened_s is None:
            return None
        return self._clock.now() - timedelta(seconds=time.monotonic() - opened_s)

    def sessions(self) -> dict[str, list[Peer]]:
        """Return the open screens by the digest of the session they were opened with."""
        found: dict[str, list[Peer]] = {}
        for peer in self._everybody():
            found.setdefault(peer.session, []).append(peer)
        return found

    def __len__(self) -> int:
        return sum(len(peers) for peers in self._peers.values())

    def open_screens(self) -> dict[str, int]:
        """Return how many screens are open, by the role of who sits before them."""
        commanders = len(self._peers.get(COMMANDERS, ()))
        return {Role.COMMANDER.value: commanders, Role.VOLUNTEER.value: len(self) - commanders}

    def behind(self) -> int:
        """Return how many screens do not keep up at this moment."""
        return sum(peer.behind_s is not None for peer in self._everybody())

    @property
    def settled(self) -> bool:
        """Whether everybody who keeps up has been told everything."""
        return not self._pending

    # What a socket tells

    def attach(self, peer: Peer) -> None:
        """Take in a screen that has just been let in; it has to say hello."""
        peers = self._peers.setdefault(peer.audience, [])
        mine = [p for p in peers if p.account == peer.account and p.closing_s is None]
        peers.append(peer)
        if len(mine) >= DEVICES:
            self.close(mine[0], wire.CLOSE_TOO_MANY, "too many screens")
        if self._draining:
            self.close(peer, wire.CLOSE_RESTARTING)

    def heard(self, peer: Peer, frame: ClientFrame) -> None:
        """Answer a frame of the client.

        Raises:
            BadFrame: hello is said first and once; only commanders look, only volunteers report.
        """
        if isinstance(frame, Hello) != (peer.seq is None):
            raise BadFrame("hello is said first, and once")
        match frame:
            case Hello():
                self._greet(peer, frame, may_wait=True)
            case Ping():
                self._flush(peer.audience)
                if peer.ready:
                    peer.seq = self._board.seq
                    told = self._told.get(peer.audience, 0)
                    peer.write(wire.pong(peer.seq, told, self._clock.now()))
            case Look() if peer.audience == COMMANDERS:
                peer.box, peer.fresh_box = frame, True
            case Report(fix=fix) if peer.account.volunteer_id is not None:
                self.moved(peer.account.volunteer_id, fix)
            case _:
                raise BadFrame("not for this audience")

    def drained(self, peer: Peer) -> None:
        """Give a screen that was behind what it missed, or a snapshot."""
        if peer.seq is not None:
            self.counters.caught_up += 1
            peer.fresh_box = True
            self._bring_up(peer, Hello(last_seq=peer.seq, log_id=self._log_id))

    def gone(self, peer: Peer) -> None:
        """Forget a screen."""
        self._ahead.pop(peer, None)
        left = self._peers.get(peer.audience, [])
        with suppress(ValueError):
            left.remove(peer)
        if not left:
            self._peers.pop(peer.audience, None)
            self._told.pop(peer.audience, None)
            self._pending.forget(peer.audience)

    # The clockwork

    async def run(self) -> None:
        """Serve positions and look for silent screens every second; forever."""
        while True:
            await self._clock.sleep(EVERY_S)
            self.flush_positions()
            await self.sweep(time.monotonic())

    def flush_positions(self) -> None:
        """Give each commander who keeps up the newest fixes inside the part of the map they see."""
        self._whole = None
        self._flush(COMMANDERS)
        for volunteer_id in self._positions.people():
            if views.position_shown(self._board, volunteer_id) is None:
                self._positions.forget(volunteer_id)
        moved, frames = self._positions.moved(), dict[Look, bytes | None]()
        known = None
        for peer in self._peers.get(COMMANDERS, ()):
            if peer.box is None or not peer.ready:
                continue
            if peer.fresh_box:
                peer.fresh_box = False
                known = known or self._positions.known()
                frame = known.frame(peer.box)
            else:
                if peer.box not in frames:
                    frames[peer.box] = moved.frame(peer.box)
                frame = frames[peer.box]
            if frame is not None:
                peer.write(frame)

    async def sweep(self, now_s: float) -> None:
        """Ping the silent, close the dead and the slow, drop those that do not close."""
        async for peers in self._in_slices():
            for peer in peers:
                self._look_after(peer, now_s)

    def _look_after(self, peer: Peer, now_s: float) -> None:
        silent_s = now_s - peer.heard_s
        if peer.closing_s is not None:
            if now_s - peer.closing_s > GOODBYE_S:
                peer.abort()
        elif peer.behind_s is not None and now_s - peer.behind_s > SLOW_S:
            self.close(peer, wire.CLOSE_SLOW, "too slow")
        elif peer in self._ahead and silent_s > AHEAD_S:
            self._greet(peer, self._ahead[peer])
        elif silent_s > (HELLO_S if peer.seq is None else SILENCE_S):
            self.close(peer, wire.CLOSE_SLOW, "silent")
        elif silent_s > PING_AFTER_S and now_s - peer.pinged_s > PING_AFTER_S and peer.ready:
            peer.pinged_s = now_s
            peer.write(wire.PING)

    async def say(self, frame: bytes) -> None:
        """Write one frame to every screen that keeps up."""
        async for peers in self._in_slices():
            for peer in peers:
                if peer.ready:
                    peer.write(frame)

    async def drain(self, retry_after_s: int) -> None:
        """Tell every screen when to come back and close it; return when all have gone."""
        self._draining = True
        async for peers in self._in_slices():
            for peer in peers:
                self._flush(peer.audience)
        await self.say(wire.restarting(retry_after_s))
        async for peers in self._in_slices():
            for peer in peers:
                self.close(peer, wire.CLOSE_RESTARTING)
        for _ in range(int(GOODBYE_S / 0.05)):
            if not self._peers:
                return
            await asyncio.sleep(0.05)
        for peer in self._everybody():
            peer.abort()

    def close(self, peer: Peer, code: int, reason: str = "") -> None:
        """Close a screen and count why."""
        if peer.closing_s is None:
            self.counters.closed[code] += 1
            peer.close(code, reason)

    # Fan-out

    def _pump(self) -> None:
        """Work for one slice; come back while there is more, or when something falls due."""
        self._wake = None
        now_s = time.monotonic()
        if self._pending.for_commanders and now_s >= self._commanders_at_s + COMMANDERS_EVERY_S:
            self._flush(COMMANDERS)
        if self._pending.lookers_unknown and now_s >= self._lookers_at_s + EVERY_S:
            self._lookers_at_s = now_s
            self._pending.find_lookers(self._peers)
        while (audience := self._pending.next()) is not None:
            self._flush(audience)
            if time.monotonic() >= now_s + SLICE_S:
                return self._schedule()
        return self._sleep()

    def _schedule(self) -> None:
        if isinstance(self._wake, asyncio.TimerHandle):
            self._wake.cancel()
            self._wake = None
        if self._wake is None:
            self._wake = asyncio.get_running_loop().call_soon(self._pump)

    def _sleep(self) -> None:
        """Wait for what may not be sent yet."""
        due_s = []
        if self._pending.for_commanders:
            due_s.append(self._commanders_at_s + COMMANDERS_EVERY_S)
        else:
            self._since_s = None
        if self._pending.lookers_unknown:
            due_s.append(self._lookers_at_s + EVERY_S)
        if due_s and self._wake is None:
            wait_s = max(0.0, min(due_s) - time.monotonic())
            self._wake = asyncio.get_running_loop().call_later(wait_s, self._pump)

    def _flush(self, audience: Audience) -> None:
        """Send all that changed for an audience; its screens then stand at the board's seq."""
        keys = self._pending.take(audience)
        if audience == COMMANDERS:
            self._commanders_at_s = time.monotonic()
        if keys and self._since_s is not None:
            self.counters.waited_s.add(time.monotonic() - self._since_s)
        upserts, removed = self._changes(audience, keys) if keys else ({}, {})
        if not upserts and not removed:
            return
        seq = self._board.seq
        frame = wire.update(seq, self._told.get(audience, 0), upserts, removed)
        self._told[audience] = seq
        for peer in self._peers.get(audience, ()):
            if peer.seq is not None and peer.ready:
                peer.seq = seq
                peer.write(frame)
                self.counters.frames += 1

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

    # Coming back

    def _greet(self, peer: Peer, hello: Hello, *, may_wait: bool = False) -> None:
        """Bring a new screen up. One that comes from a worker that is ahead of us must not see
        time go back: it waits for us, unless what it has seen never comes."""
        self._ahead.pop(peer, None)
        if may_wait and hello.log_id == self._log_id and (hello.last_seq or 0) > self._board.seq:
            self._ahead[peer] = hello
        else:
            self._bring_up(peer, hello)

    def _bring_up(self, peer: Peer, hello: Hello) -> None:
        keys = self._missed(peer.audience, hello)
        if keys is None:
            frame = self._snapshot(peer.audience)
        else:
            frame = wire.replay(self._head(), *self._changes(peer.audience, keys))
        peer.seq = self._board.seq
        peer.write(frame)

    def _missed(self, audience: Audience, hello: Hello) -> Keys | None:
        """The keys touched since the client stopped, or None when a snapshot is better."""
        if hello.log_id != self._log_id or hello.last_seq is None:
            return None
        most = KEYS if audience == COMMANDERS else KEYS_OF_VOLUNTEER
        return self._history.since(hello.last_seq, self._board.seq, most)

    def _snapshot(self, audience: Audience) -> bytes:
        """Everything the audience may see now; that of the commanders is large, and shared."""
        self.counters.snapshots += 1
        if audience == COMMANDERS and self._whole is not None and self._whole[0] == self._board.seq:
            return self._whole[1]
        frame = wire.snapshot(self._head(), views.snapshot(self._board, audience))
        if audience == COMMANDERS:
            self._whole = (self._board.seq, frame)
        return frame

    def _head(self) -> wire.Head:
        return wire.Head(
            seq=self._board.seq,
            log_id=self._log_id,
            exercise=self._board.exercise,
            now=self._clock.now(),
        )

    def _everybody(self) -> list[Peer]:
        return [peer for peers in self._peers.values() for peer in peers]

    async def _in_slices(self) -> AsyncIterator[list[Peer]]:
        """Every screen, some at a time, with turns for other work between."""
        everybody = self._everybody()
        for start in range(0, len(everybody), SLICE_PEERS):
            yield everybody[start : start + SLICE_PEERS]
            await asyncio.sleep(0)
