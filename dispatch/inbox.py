"""The inbox: what people write back and press, and how far messages came.

An answer by text message is the same as one on the phone's page, by whom the number belongs to,
about what they were asked last. Every answer is answered, naming the place: nobody sets out, or
stays, on a misunderstanding.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, cast

from dispatch import actions as act
from dispatch.alerts.ladder import Telling
from dispatch.alerts.messages import Voice, about_nothing, answer_to
from dispatch.alerts.replies import Later, No, NotUnderstood, Reply, Yes, understood
from dispatch.board import Board
from dispatch.board.notices import of_offer, of_test
from dispatch.desk import Desk
from dispatch.errors import ChannelDown, Rejected, Undeliverable
from dispatch.model import (
    SYSTEM,
    ActionId,
    Actor,
    DeclineReason,
    DeliveryReport,
    Medium,
    Notice,
    NoticeId,
    NoticeKind,
    Offer,
    OfferId,
    OfferStatus,
    Role,
    SendStatus,
    VolunteerId,
)
from dispatch.ports import Channel, Language, Message
from dispatch.registry.contacts import Contact

AT_ONCE: Final = 256
"""Reports in one action."""
QUIET_FOR: Final = timedelta(minutes=10)
"""Who is not understood is told so once in this time: two machines must not talk for ever."""
WAITS_S: Final = (2.0, 5.0, 15.0)
"""A confirmation that the carrier cannot take is tried again after these."""
KEYS: Final[Mapping[str, Reply]] = {"1": Yes(), "2": No()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a carrier reports of a message, and the keys pressed in a call."""

    key: str
    delivery: DeliveryReport
    digits: str = ""


@dataclass(slots=True, kw_only=True)
class Inbox:
    """What comes in for one desk.

    `owners` tells whose phone a number is and `contacts` how to write to people; both may wait for
    the disk. `sms` carries the confirmations; without one nobody is answered.
    """

    desk: Desk
    sms: Channel | None
    telling: Telling
    owners: Callable[[str], Sequence[VolunteerId]]
    contacts: Callable[[Collection[VolunteerId]], Mapping[VolunteerId, Contact]]
    _told_at: dict[VolunteerId, datetime] = field(default_factory=dict)
    _sending: set[asyncio.Task[None]] = field(default_factory=set)

    async def reported(self, reports: Sequence[Report]) -> None:
        """Record how far messages came, and take the keys that were pressed.

        Raises:
            StoreUnavailable: nothing is lost when the carrier says it again.
        """
        for start in range(0, len(reports), AT_ONCE):
            some = tuple(r.delivery for r in reports[start : start + AT_ONCE])
            await self.desk.act(
                SYSTEM, _action_id("reports", repr(some)), act.ReceiveReports(receipts=some)
            )
        for report in reports:
            if report.digits:
                await self._pressed(report)

    async def replied(self, reply_id: str, phone: str, text: str) -> None:
        """Take what the owner of a phone wrote; the same reply again changes nothing.

        Raises:
            StoreUnavailable: nothing is lost when the carrier says it again.
        """
        people = await asyncio.to_thread(self.owners, phone)
        action_id = _action_id("sms", reply_id)
        if not people or await self.desk.log.find(self.desk.agency, [action_id]):
            return
        reply, notice = understood(text), asked_last(self.desk.board, people)
        if notice is None:
            await self._say_once(people[0], phone, action_id, "nothing_open")
        elif notice.kind is NoticeKind.TEST:
            await self._see(notice, Medium.SMS, action_id)
        elif isinstance(reply, NotUnderstood):
            await self._see(notice, Medium.SMS, action_id)
            await self._say_once(notice.volunteer_id, phone, action_id, "not_understood")
        else:
            await self._answer(notice, reply, phone, action_id)

    async def settled(self) -> None:
        """Wait until every confirmation has left or was given up."""
        while self._sending:
            await asyncio.gather(*self._sending)

    async def _pressed(self, report: Report) -> None:
        """Keys mean an answer to an offer, and that somebody has heard anything else."""
        notice, reply = (
            self.desk.board.notices.get(report.delivery.notice_id),
            KEYS.get(report.digits),
        )
        action_id = _action_id("keys", f"{report.key}/{report.digits}")
        if notice is None or reply is None:
            return
        if notice.kind is not NoticeKind.OFFER:
            await self._see(notice, Medium.VOICE, action_id)
        elif not await self.desk.log.find(self.desk.agency, [action_id]):
            known = await asyncio.to_thread(self.contacts, [notice.volunteer_id])
            if notice.volunteer_id in known:
                await self._answer(notice, reply, known[notice.volunteer_id].phone, action_id)

    async def _answer(self, notice: Notice, reply: Reply, phone: str, action_id: ActionId) -> None:
        offer_id = OfferId(notice.subject)
        try:
            await self.desk.act(_actor(notice), action_id, _action(offer_id, reply))
            template = _confirmation(self.desk.board, offer_id)
        except Rejected:
            template = _refusal(self.desk.board, offer_id, reply)
        offer = self.desk.board.offers[offer_id]
        voice = await self._voice(notice.volunteer_id)
        message = answer_to(
            self.desk.board, offer, template, voice, notice.urgency, at=offer.ready_at
        )
        self._say(phone, message, action_id)

    async def _see(self, notice: Notice, medium: Medium, action_id: ActionId) -> None:
        see = act.SeeNotices(notice_ids=(notice.id,), medium=medium)
        await self.desk.act(_actor(notice), action_id, see)

    async def _say_once(
        self, person: VolunteerId, phone: str, action_id: ActionId, template: str
    ) -> None:
        now, told_at = self.desk.clock.now(), self._told_at.get(person)
        if told_at is None or now - told_at >= QUIET_FOR:
            self._told_at[person] = now
            message = about_nothing(self.desk.board, template, await self._voice(person))
            self._say(phone, message, action_id)

    async def _voice(self, person: VolunteerId) -> Voice:
        known = await asyncio.to_thread(self.contacts, [person])
        language = cast(Language, known[person].language if person in known else "zh")
        return Voice(
            language=language,
            sign=self.telling.sign[language],
            now=self.desk.clock.now(),
            zone=self.telling.zone,
        )

    def _say(self, phone: str, message: Message, action_id: ActionId) -> None:
        """Send it beside the request: the carrier that brought the reply waits for our word."""
        if self.sms is not None:
            task = asyncio.create_task(self._send(self.sms, phone, message, f"re/{action_id}"))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, sms: Channel, phone: str, message: Message, key: str) -> None:
        for wait_s in (*WAITS_S, None):
            try:
                await sms.send(phone, message, key)
            except ChannelDown:
                if wait_s is not None:
                    await self.desk.clock.sleep(wait_s)
            except Undeliverable:
                return
            else:
                return


def asked_last(board: Board, people: Collection[VolunteerId]) -> Notice | None:
    """Return what these people were asked last by text message: an offer or a reach test, also one
    that is over. What "1" means is what the last message on their phone says it means."""
    asked: list[tuple[datetime, NoticeId]] = []
    for notice in _questions(board, people):
        sent = notice.by(Medium.SMS)
        # A carrier may report before it is stored that it took the message, and people are quick.
        if sent is not None and (sent.sent_at or sent.status is SendStatus.DELIVERED):
            asked.append((sent.sent_at or sent.at, notice.id))
    return board.notices[max(asked)[1]] if asked else None


def _questions(board: Board, people: Collection[VolunteerId]) -> Iterator[Notice]:
    for person in people:
        for offer_id in board.offers_to.get(person, ()):
            yield board.notices[of_offer(offer_id)]
        for test_id in board.tests:
            test_notice = board.notices.get(of_test(test_id, person))
            if test_notice is not None:
                yield test_notice


def _action(offer_id: OfferId, reply: Reply) -> act.VolunteerAction:
    match reply:
        case Yes(brings=brings):
            return act.AcceptOffer(offer_id=offer_id, brings=brings)
        case Later(ready_in_s=ready_in_s, brings=brings):
            return act.PromiseLater(offer_id=offer_id, ready_in_s=ready_in_s, brings=brings)
        case _:
            return act.DeclineOffer(offer_id=offer_id, reason=DeclineReason.OTHER)


def _confirmation(board: Board, offer_id: OfferId) -> str:
    offer = board.offers[offer_id]
    if offer.status is OfferStatus.ACCEPTED:
        return "confirm_yes"
    return "confirm_later" if offer.decline_reason is DeclineReason.LATER else "confirm_no"


def _refusal(board: Board, offer_id: OfferId, reply: Reply) -> str:
    """Who is expected is told so again; everybody else, not to go."""
    offer = board.offers[offer_id]
    if not _is_expected(board, offer):
        return "offer_over"
    return "already_yes" if isinstance(reply, No) else "confirm_yes"


def _is_expected(board: Board, offer: Offer) -> bool:
    active = board.active.get(offer.volunteer_id)
    return active is not None and board.assignments[active].offer_id == offer.id


def _actor(notice: Notice) -> Actor:
    return Actor(role=Role.VOLUNTEER, id=str(notice.volunteer_id))


def _action_id(kind: str, what: str) -> ActionId:
    """The same report or reply is the same action, whatever the carrier calls it."""
    return ActionId(f"{kind}-{sha256(what.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}")
