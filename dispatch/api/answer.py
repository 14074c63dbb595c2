"""Answering one offer by the link in a text message, without a session: the token opens this offer
of this person, while it is open, and nothing else."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dispatch import actions as act
from dispatch import views
from dispatch.actions import READY_IN_MOST_S
from dispatch.alerts.answer_links import is_answer_token, offer_named
from dispatch.api.bodies import ActionKey, AnswerBody, action_key
from dispatch.api.errors import TooOften
from dispatch.api.services import Services, services
from dispatch.api.session import require_our_page
from dispatch.board import Board
from dispatch.board.notices import of_offer
from dispatch.errors import Rejected
from dispatch.model import Actor, DeclineReason, Means, Medium, Offer, Role
from dispatch.registry import access, contacts
from dispatch.rules import check_answerable
from dispatch.taxonomy import HAZARD_GATES, INCIDENT_KINDS, SKILLS, Names
from dispatch.views import Audience

router = APIRouter(prefix="/api/answer")

ENTER_LIFE: Final = timedelta(hours=1)
GUESSES_MOST: Final = 20
GUESSES_IN: Final = timedelta(minutes=1)
ADDRESSES_MOST: Final = 10_000


class LinkBody(BaseModel):
    """What the page says: that its person sees the offer, or what they answer."""

    model_config = ConfigDict(extra="forbid")
    action_id: ActionKey
    seen: Literal[True] | None = None
    answer: Literal["accept", "decline", "later"] | None = None
    reason: DeclineReason = DeclineReason.OTHER
    ready_in_s: Annotated[int, Field(ge=0, le=READY_IN_MOST_S)] = 0
    brings: tuple[Means, ...] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> LinkBody:
        if (self.seen is None) == (self.answer is None):
            raise ValueError("say either seen or answer")
        return self

    def action(self, offer: Offer) -> act.VolunteerAction:
        """Return it as the action that a phone with a session would send."""
        match self.answer:
            case "accept":
                return act.AcceptOffer(
                    offer_id=offer.id, ready_in_s=self.ready_in_s, brings=self.brings
                )
            case "later":
                return act.PromiseLater(
                    offer_id=offer.id, ready_in_s=self.ready_in_s, brings=self.brings
                )
            case "decline":
                return act.DeclineOffer(offer_id=offer.id, reason=self.reason)
            case _:
                return act.SeeNotices(notice_ids=(of_offer(offer.id),), medium=Medium.SMS)


@router.get("/{token}")
async def asked(request: Request, token: str) -> dict[str, Any]:
    """The offer behind a link. Looking alone changes nothing: machines fetch links too."""
    s = services(request)
    offer = _offer(request, token)
    check_answerable(offer, s.clock.now())
    mine = offer.volunteer_id
    known = await asyncio.to_thread(contacts.contacts, s.engine, [mine])
    shown = views.entity(s.desk.board, Audience(volunteer_id=mine), ("offer", offer.id))
    return {
        "offer": shown,
        "status": offer.status,
        "language": known[mine].language if mine in known else "zh",
        "exercise": s.desk.board.exercise,
        "agency": s.meta["agency"],
        "names": _names(s.desk.board, offer),
        "now": s.clock.now(),
    }


@router.post("/{token}")
async def answered(request: Request, token: str, body: LinkBody) -> dict[str, Any]:
    """Answer the offer behind a link; who accepts gets a link to come in by.

    The same `action_id` again returns the first answer, also when the offer is closed by now.
    """
    require_our_page(request)
    s = services(request)
    offer = _offer(request, token)
    actor = Actor(role=Role.VOLUNTEER, id=str(offer.volunteer_id))
    key = action_key(actor, body.action_id)
    answer = AnswerBody.of(await s.desk.act(actor, key, body.action(offer))).model_dump()
    return answer | ({"enter": await _enter(s, actor)} if "assignment" in answer["ids"] else {})


def _names(board: Board, offer: Offer) -> dict[str, Names]:
    """What the offer's codes are called: the page has no session to ask with."""
    need, kind = board.needs[offer.need_id], board.incidents[offer.incident_id].kind
    return {
        "skill": SKILLS[need.skill].names,
        "kind": INCIDENT_KINDS[kind].names,
        "hazard": HAZARD_GATES[need.hazard].names,
    }


async def _enter(s: Services, actor: Actor) -> str:
    """The address by which who is expected comes to the page that leads them there."""
    now = s.clock.now()
    token = await asyncio.to_thread(
        access.make_link, s.engine, Role.VOLUNTEER, actor.id, now, ENTER_LIFE
    )
    return f"/enter/{token}"


def _offer(request: Request, token: str) -> Offer:
    """The offer a token opens.

    Raises:
        Rejected: `LINK_UNKNOWN`.
        TooOften: this address has named too many that open nothing. No right token is refused.
    """
    s = services(request)
    offer = s.desk.board.offers.get(offer_named(token))
    if offer is not None and is_answer_token(s.link_key, token, offer.id, offer.volunteer_id):
        return offer
    guesses: Guesses = request.app.state.guesses
    if guesses.too_many(request.client.host if request.client else "", s.clock.now()):
        raise TooOften("too many links that lead nowhere")
    raise Rejected("LINK_UNKNOWN")


class Guesses:
    """How often each address has named a token that opens nothing, lately."""

    def __init__(self) -> None:
        self._at: OrderedDict[str, deque[datetime]] = OrderedDict()

    def too_many(self, address: str, now: datetime) -> bool:
        """Count one more; return whether they are too many."""
        at = self._at.setdefault(address, deque(maxlen=GUESSES_MOST + 1))
        self._at.move_to_end(address)
        at.append(now)
        if len(self._at) > ADDRESSES_MOST:
            self._at.popitem(last=False)
        return len(at) > GUESSES_MOST and now - at[0] < GUESSES_IN
