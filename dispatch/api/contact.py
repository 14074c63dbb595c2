"""How a volunteer wants to be told: browsers that take web push, language, quiet hours."""

from __future__ import annotations

import asyncio
import secrets
from datetime import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dispatch import actions as act
from dispatch.alerts.channels.webpush import ENDPOINT_MOST, are_keys, is_served
from dispatch.api.services import services
from dispatch.api.session import Volunteer
from dispatch.errors import Forbidden, Rejected
from dispatch.model import (
    SYSTEM,
    ActionId,
    Actor,
    DeliveryReport,
    Medium,
    NoticeId,
    SendStatus,
    VolunteerId,
)
from dispatch.registry import contacts
from dispatch.registry.contacts import Preferences

router = APIRouter(prefix="/api/phone")

Endpoint = Annotated[str, Field(min_length=1, max_length=ENDPOINT_MOST)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class KeysBody(BaseModel):
    """The keys of a browser."""

    model_config = ConfigDict(extra="forbid")
    p256dh: Annotated[str, Field(max_length=100)]
    auth: Annotated[str, Field(max_length=50)]


class SubscriptionBody(BaseModel):
    """A `PushSubscription` as its `toJSON` has it; when it expires says nothing we need."""

    endpoint: Endpoint
    keys: KeysBody


class EndBody(BaseModel):
    """The browser that is to be told nothing any more."""

    model_config = ConfigDict(extra="forbid")
    endpoint: Endpoint


class ShownBody(BaseModel):
    """What a browser has shown."""

    model_config = ConfigDict(extra="forbid")
    notice_id: Annotated[str, Field(min_length=1, max_length=100)]


class PreferencesBody(BaseModel):
    """What somebody chooses; null follows the roster, and no quiet hours but the agency's."""

    model_config = ConfigDict(extra="forbid")
    language: Literal["zh", "en"] | None = None
    quiet_from: TimeOfDay | None = None
    quiet_until: TimeOfDay | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> PreferencesBody:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError("quiet hours have a beginning and an end")
        return self

    @classmethod
    def of(cls, chosen: Preferences) -> PreferencesBody:
        """The wire form of preferences."""
        quiet = [None, None] if chosen.quiet is None else [_time(m) for m in chosen.quiet]
        return cls(language=chosen.language, quiet_from=quiet[0], quiet_until=quiet[1])  # type: ignore[arg-type]

    def chosen(self) -> Preferences:
        """Return them as they are stored."""
        if self.quiet_from is None or self.quiet_until is None:
            return Preferences(language=self.language)
        quiet = (_minutes(self.quiet_from), _minutes(self.quiet_until))
        return Preferences(language=self.language, quiet=quiet)


@router.get("/push")
async def push(request: Request, actor: Volunteer) -> dict[str, Any]:
    """What a browser subscribes with, and whether any of this person's has."""
    s = services(request)
    known = await asyncio.to_thread(contacts.contacts, s.engine, [_own(actor)])
    return {"public_key": s.push_key, "subscribed": any(c.push for c in known.values())}


@router.post("/push", status_code=204)
async def subscribe(request: Request, actor: Volunteer, body: SubscriptionBody) -> Response:
    """Tell this browser from now on."""
    s, keys = services(request), body.keys
    if not is_served(body.endpoint, s.push_services):
        raise Rejected("UNKNOWN_PUSH_SERVICE")
    if not are_keys(keys.p256dh, keys.auth):
        raise Rejected("BAD_PUSH_KEYS")
    await asyncio.to_thread(
        contacts.add_push,
        s.engine, _own(actor), body.endpoint, keys.p256dh, keys.auth, s.clock.now(),
    )  # fmt: skip
    return Response(status_code=204)


@router.delete("/push", status_code=204)
async def unsubscribe(request: Request, actor: Volunteer, body: EndBody | None = None) -> Response:
    """Tell this browser nothing any more; without one named, none of this person's."""
    endpoint = None if body is None else body.endpoint
    await asyncio.to_thread(contacts.end_push, services(request).engine, _own(actor), endpoint)
    return Response(status_code=204)


@router.post("/push/shown", status_code=204)
async def shown(request: Request, actor: Volunteer, body: ShownBody) -> Response:
    """A browser has shown a notice: it was delivered. One it does not know changes nothing."""
    s = services(request)
    notice = s.desk.board.notices.get(NoticeId(body.notice_id))
    if notice is not None and notice.volunteer_id != actor.volunteer_id:
        raise Forbidden("that notice is for someone else")
    if notice is not None:
        receipt = DeliveryReport(
            notice_id=notice.id,
            medium=Medium.PUSH,
            status=SendStatus.DELIVERED,
            at=s.clock.now(),
        )
        key = ActionId(f"shown-{secrets.token_hex(16)}")
        await s.desk.act(SYSTEM, key, act.ReceiveReports(receipts=(receipt,)))
    return Response(status_code=204)


@router.get("/contact")
async def contact(request: Request, actor: Volunteer) -> PreferencesBody:
    """What this person chose."""
    s = services(request)
    chosen = await asyncio.to_thread(contacts.preferences, s.engine, _own(actor))
    return PreferencesBody.of(chosen)


@router.put("/contact")
async def choose(request: Request, actor: Volunteer, body: PreferencesBody) -> PreferencesBody:
    """Choose anew, in place of what was chosen before."""
    s = services(request)
    await asyncio.to_thread(contacts.prefer, s.engine, _own(actor), body.chosen())
    return body


def _own(actor: Actor) -> VolunteerId:
    assert actor.volunteer_id is not None, "the session check lets only volunteers in here"
    return actor.volunteer_id


def _minutes(text: str) -> int:
    at = time.fromisoformat(text)
    return at.hour * 60 + at.minute


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
