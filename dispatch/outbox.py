"""The outbox: sends what is due, and records what became of it.

What is due stands on the board, so nothing is lost with a worker; of several only the one that
holds the lease sends. It has no state that must survive: one that dies between sending and
recording sends again under the same key, and the carrier knows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, cast
from zoneinfo import ZoneInfo

import msgspec

from dispatch import actions as act
from dispatch.alerts import ladder
from dispatch.alerts.agenda import Agenda
from dispatch.alerts.ladder import Due, Telling
from dispatch.board import Board, Key
from dispatch.desk import Desk
from dispatch.errors import BadInput, ChannelDown, StoreUnavailable, Undeliverable
from dispatch.model import (
    SYSTEM,
    ActionId,
    IncidentId,
    Medium,
    Notice,
    NoticeKind,
    OfferId,
    SendStatus,
    Sent,
    VolunteerId,
)
from dispatch.ports import Channel, Language, Message, Receipt
from dispatch.registry.contacts import Contact

BEAT_S: Final = 2.0
"""It looks at least this often, also where nothing wakes it: a lease may have become free."""
LEASE_S: Final = 15.0
RENEW_S: Final = 5.0
SEND_S: Final = 8.0
"""Before each message it is sure of its lease for longer than a message takes."""
MOST_AT_ONCE: Final = 256
AT_ONCE: Final[Mapping[Medium, int]] = {
    Medium.PUSH: 32,
    Medium.SMS: 32,
    Medium.VOICE: 16,
    Medium.CHAT: 4,
}
"""Messages under way by medium."""
DOWN_S: Final = 5.0
DOWN_MOST_S: Final = 60.0
"""A channel that is down is left alone for this, and for twice as long each time it still is."""

NO_ADDRESS: Final = "NO_ADDRESS"
BROKEN: Final = "ERROR"


class MessageOf(Protocol):
    """Makes the message that tells a notice."""

    def __call__(
        self,
        board: Board,
        notice: Notice,
        *,
        language: Language,
        sign: str,
        link: str,
        now: datetime,
        zone: ZoneInfo,
    ) -> Message: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where one message goes, and under which key: one for each device."""

    to: str
    key: str
    push_id: int | None = None


@dataclass(slots=True, kw_only=True)
class Outbox:
    """The messages of one desk.

    `contacts` looks people up and `forget` browsers that are gone; both may wait for the disk.
    `hold` takes or renews the lease for `LEASE_S` and says whether it is ours. Steps whose medium
    has no channel are not taken.

    Raises:
        BadInput: the desk is that of an exercise, and one of the channels reaches people.
    """

    desk: Desk
    channels: tuple[Channel, ...]
    telling: Telling
    contacts: Callable[[Collection[VolunteerId]], Mapping[VolunteerId, Contact]]
    forget: Callable[[Iterable[int]], None]
    hold: Callable[[datetime], Awaitable[bool]]
    message_of: MessageOf
    link_of: Callable[[Notice], str]
    _by_medium: dict[Medium, Channel] = field(init=False)
    _agenda: Agenda = field(init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _leasing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _held: bool = False
    _asked_until: datetime | None = None
    _owed: list[Sent] = field(default_factory=list)
    _down_s: dict[Medium, float] = field(default_factory=dict)
    _down_until: dict[Medium, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.desk.board.exercise and any(channel.real for channel in self.channels):
            raise BadInput("an exercise cannot be given a channel that reaches people")
        self._by_medium = {channel.medium: channel for channel in self.channels}
        steps = {
            urgency: tuple(s for s in taken if s.medium in self._by_medium)
            for urgency, taken in self.telling.ladder.items()
        }
        self._agenda = Agenda(self.desk.board, steps)
        self.desk.listeners.append(self._applied)

    @property
    def leads(self) -> bool:
        """Whether of all workers this one sends."""
        return self._held

    @property
    def waiting(self) -> int:
        """How many notices have a message due, or put off until a channel is back."""
        return len(self._agenda)

    def down(self) -> dict[Medium, bool]:
        """Return which of the channels are down now."""
        now = self.desk.clock.now()
        return {m: self._down_until.get(m, now) > now for m in self._by_medium}

    async def run(self) -> None:
        """Send what is due, as it falls due; forever."""
        while True:
            self._wake.clear()
            with contextlib.suppress(StoreUnavailable):
                await self.beat()
            await self._rest()

    async def beat(self) -> int:
        """Send everything that is due now, where we hold the lease; return how many messages.

        Raises:
            StoreUnavailable: what was sent is not recorded yet; the next beat begins with that.
        """
        count = 0
        await self._record()
        while self._agenda.due(self.desk.clock.now(), 1) and await self._ours():
            # Another worker may have stored an answer, or, before us, what it sent.
            await self.desk.start()
            count += await self._round(self._agenda.due(self.desk.clock.now(), MOST_AT_ONCE))
            await self._record()
        return count

    def _applied(self, seq: int, keys: Sequence[Key]) -> None:
        self._agenda.touched(keys)
        if any(kind == "notice" for kind, _ in keys):
            self._wake.set()

    async def _rest(self) -> None:
        """Wait until the board moves, something falls due, or a beat is over."""
        now, next_at = self.desk.clock.now(), self._agenda.next_at()
        ahead_s = BEAT_S if next_at is None else (next_at - now).total_seconds()
        # What is due and was left is another's who holds the lease, or waits for the store.
        rest_s = min(BEAT_S, ahead_s) if ahead_s > 0 else BEAT_S
        waits = [
            asyncio.ensure_future(self._wake.wait()),
            asyncio.ensure_future(self.desk.clock.sleep(rest_s)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _ours(self) -> bool:
        """Whether the lease is ours for longer than a message takes."""
        async with self._leasing:
            now = self.desk.clock.now()
            if self._asked_until is None or now >= self._asked_until:
                self._held = await self.hold(now)
                self._asked_until = now + timedelta(seconds=RENEW_S if self._held else BEAT_S)
            return self._held

    async def _round(self, due: Sequence[Due]) -> int:
        """Send these; what becomes of them is owed to the log, or they are put off."""
        people = {d.notice.volunteer_id for d in due}
        known = await asyncio.to_thread(self.contacts, people)
        now = self.desk.clock.now()
        gates = {medium: asyncio.Semaphore(most) for medium, most in AT_ONCE.items()}
        spent: dict[IncidentId | None, int] = {}
        sending = []
        for one in due:
            contact = known.get(one.notice.volunteer_id)
            addresses = _addresses(self.desk.board, one, contact)
            if contact is None or not addresses:
                self._owe(one, SendStatus.FAILED, because=NO_ADDRESS)
            elif not self._kept_back(one, contact, spent, now):
                sending.append(self._send(one, contact, addresses, gates[one.step.medium]))
        # All of them end before another round begins, or a message could be under way twice.
        done = await asyncio.gather(*sending, return_exceptions=True)
        for failure in (d for d in done if isinstance(d, BaseException)):
            raise failure
        return sum(d for d in done if isinstance(d, int))

    def _kept_back(
        self, due: Due, contact: Contact, spent: dict[IncidentId | None, int], now: datetime
    ) -> bool:
        """Whether it must wait, or is too dear; `spent` is what this round adds."""
        notice, medium = due.notice, due.step.medium
        limits, incident = self.telling.limits, due.notice.incident_id
        so_far = self.desk.board.spent.get(incident, 0) if incident is not None else 0
        hold = ladder.held(
            notice, medium, limits,
            quiet=contact.quiet, spent=so_far + spent.get(incident, 0), now=now,
            zone=self.telling.zone,
        )  # fmt: skip
        if hold is None:
            spent[incident] = spent.get(incident, 0) + limits.prices.get(medium, 0)
            return False
        before = notice.by(medium)
        if before is None or before.because != hold.reason:
            self._owe(due, SendStatus.HELD, because=hold.reason)
        if hold.until is not None:
            self._agenda.put_off(due, hold.until)
        return True

    async def _send(
        self, due: Due, contact: Contact, addresses: Sequence[Address], gate: asyncio.Semaphore
    ) -> int:
        """Send one message to all its addresses; return 1 when a carrier took it."""
        medium = due.step.medium
        async with gate:
            if self._is_down(due) or not await self._ours() or not self._still_due(due):
                return 0
            results = [await self._try(due.notice, medium, contact, a) for a in addresses]
        taken = [r for r in results if isinstance(r, Receipt)]
        if taken:
            self._down_s.pop(medium, None)
            cost = self.telling.limits.prices.get(medium, 0)
            self._owe(due, SendStatus.SENT, reference=taken[0].reference, cost=cost)
        elif any(isinstance(r, ChannelDown) for r in results):
            self._left_alone(medium)
            self._is_down(due)
        else:
            refused = (r.code for r in results if isinstance(r, Undeliverable))
            self._owe(due, SendStatus.FAILED, because=next(refused))
        return len(taken[:1])

    async def _try(
        self, notice: Notice, medium: Medium, contact: Contact, address: Address
    ) -> Receipt | ChannelDown | Undeliverable:
        try:
            message = self._message(notice, contact)
            async with asyncio.timeout(SEND_S):
                return await self._by_medium[medium].send(address.to, message, address.key)
        except ChannelDown as exc:
            return exc
        except Undeliverable as exc:
            if exc.gone and address.push_id is not None:
                # It will be as gone the next time.
                with contextlib.suppress(StoreUnavailable):
                    await asyncio.to_thread(self.forget, [address.push_id])
            return exc
        except (OSError, TimeoutError) as exc:
            return ChannelDown(type(exc).__name__)
        except Exception as exc:
            # One message that breaks its channel must not take the desk with it, nor the others.
            logging.getLogger("dispatch").error("%s channel: %s", medium, type(exc).__name__)
            return Undeliverable(BROKEN)

    def _message(self, notice: Notice, contact: Contact) -> Message:
        return self.message_of(
            self.desk.board,
            notice,
            language=cast(Language, contact.language),
            sign=self.telling.sign.get(contact.language, ""),
            link=self.link_of(notice),
            now=self.desk.clock.now(),
            zone=self.telling.zone,
        )

    def _still_due(self, due: Due) -> bool:
        """A notice may have been answered since, and a step recorded by another sender."""
        steps = ladder.due_of(
            self.desk.board, due.notice.id, self.telling.ladder, self.desk.clock.now()
        )
        return any(d.step == due.step for d in steps)

    def _is_down(self, due: Due) -> bool:
        """Whether the channel is being left alone; then this waits for it."""
        until = self._down_until.get(due.step.medium)
        if until is None or until <= self.desk.clock.now():
            return False
        self._agenda.put_off(due, until)
        return True

    def _left_alone(self, medium: Medium) -> None:
        now, until = self.desk.clock.now(), self._down_until.get(medium)
        if until is not None and now < until:
            return
        down_s = min(DOWN_MOST_S, 2 * self._down_s.get(medium, DOWN_S / 2))
        self._down_s[medium] = down_s
        self._down_until[medium] = now + timedelta(seconds=down_s)

    def _owe(
        self, due: Due, status: SendStatus, *, because: str = "", reference: str = "", cost: int = 0
    ) -> None:
        sent = Sent(
            notice_id=due.notice.id, medium=due.step.medium, status=status,
            because=because, reference=reference, cost=cost,
        )  # fmt: skip
        self._owed.append(sent)

    async def _record(self) -> None:
        """Store what is owed. The same record made again, by whomever, is the same action."""
        while self._owed:
            some = tuple(self._owed[:MOST_AT_ONCE])
            digest = hashlib.sha256(msgspec.json.encode(some)).hexdigest()[:32]
            await self.desk.act(SYSTEM, ActionId(f"sent-{digest}"), act.RecordSent(sent=some))
            del self._owed[: len(some)]


def _addresses(board: Board, due: Due, contact: Contact | None) -> tuple[Address, ...]:
    if contact is None:
        return ()
    notice, medium = due.notice, due.step.medium
    key = f"{notice.id}/{medium}"
    match medium:
        case Medium.PUSH:
            return tuple(
                Address(to=p.text, key=f"{key}/{p.id}", push_id=p.id) for p in contact.push
            )
        case Medium.SMS | Medium.VOICE:
            return (Address(to=contact.phone, key=key),) if contact.phone else ()
        case _ if contact.chat:
            return (Address(to=contact.chat, key=key),)
        case _ if contact.group and notice.kind is NoticeKind.OFFER:
            # A group hears of a need once, whoever of it was asked.
            need_id = board.offers[OfferId(notice.subject)].need_id
            return (Address(to=contact.group, key=f"{need_id}/{medium}/group"),)
    return ()
