"""How an installation tells people and is answered: its channels, by its settings and what its
agency is, and the outbox and inbox at their two ends."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from dispatch.agency import Agency
from dispatch.alerts.answer_links import PATH, answer_token
from dispatch.alerts.channels.chat import ChatChannel
from dispatch.alerts.channels.gateway import KINDS, GatewayChannel
from dispatch.alerts.channels.recording import RecordingChannel
from dispatch.alerts.channels.webpush import WebPushChannel, make_key
from dispatch.alerts.messages import message_of
from dispatch.desk import Desk
from dispatch.errors import BadInput
from dispatch.inbox import Inbox
from dispatch.model import Medium, Notice, NoticeKind, OfferId
from dispatch.outbox import LEASE_S, Outbox
from dispatch.ports import Channel, Clock
from dispatch.registry import contacts, leases
from dispatch.registry.secrets import secret
from dispatch.settings import Settings

VAPID: Final = "vapid"
HOOKS: Final = "/api/hooks"
OUTBOX: Final = "outbox"
"""The lease of the worker that sends."""


def open_channels(
    settings: Settings, agency: Agency, engine: sa.Engine, clock: Clock, *, simulated: bool = False
) -> tuple[Channel, ...]:
    """Return the channels to tell people by; what `simulated` says is whether the gateway reaches
    nobody. An exercise has no other than such.

    Raises:
        BadInput: the gateway has no secret.
    """
    gateway = _gateway(settings, clock, simulated) if settings.gateway_url else ()
    if agency.exercise:
        kept = tuple(channel for channel in gateway if not channel.real)
        others = [m for m in Medium if m not in {Medium.SOCKET, *(c.medium for c in kept)}]
        return (*kept, *(RecordingChannel(medium) for medium in others))
    key = secret(engine, VAPID, make_key)
    push = WebPushChannel(key, settings.push_contact, settings.push_services, clock.now)
    return (push, *gateway, ChatChannel())


def link_to(settings: Settings, key: bytes, notice: Notice) -> str:
    """Return the address by which the person may answer a notice, "" where nothing is asked."""
    if notice.kind is not NoticeKind.OFFER:
        return ""
    token = answer_token(key, OfferId(notice.subject), notice.volunteer_id)
    return settings.base_url + PATH + token


def outbox_of(
    desk: Desk,
    agency: Agency,
    engine: sa.Engine,
    channels: tuple[Channel, ...],
    worker: str,
    link_of: Callable[[Notice], str],
) -> Outbox:
    """Return the outbox of a desk; of several workers' outboxes the lease lets one send.

    Raises:
        BadInput: an exercise was given a channel that reaches people.
    """

    async def hold(now: datetime) -> bool:
        return await asyncio.to_thread(leases.hold, engine, OUTBOX, worker, now, LEASE_S)

    return Outbox(
        desk=desk,
        channels=channels,
        telling=agency.telling,
        contacts=functools.partial(contacts.contacts, engine),
        forget=functools.partial(contacts.forget_push, engine),
        hold=hold,
        message_of=message_of,
        link_of=link_of,
    )


def inbox_of(desk: Desk, agency: Agency, engine: sa.Engine, channels: tuple[Channel, ...]) -> Inbox:
    """Return what takes in the replies to the messages of these channels."""
    return Inbox(
        desk=desk,
        sms=next((channel for channel in channels if channel.medium is Medium.SMS), None),
        telling=agency.telling,
        owners=functools.partial(contacts.owners, engine),
        contacts=functools.partial(contacts.contacts, engine),
    )


def _gateway(settings: Settings, clock: Clock, simulated: bool) -> tuple[GatewayChannel, ...]:
    if not settings.gateway_secret:
        raise BadInput("setting DISPATCH_GATEWAY_SECRET: a gateway needs a secret")
    return tuple(
        GatewayChannel(
            medium,
            settings.gateway_url,
            settings.gateway_secret.encode(),
            settings.base_url + HOOKS,
            clock.now,
            real=not simulated,
        )
        for medium in KINDS
    )
