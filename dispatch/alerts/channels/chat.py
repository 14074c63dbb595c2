"""Chat groups and the long tail of services, by Apprise (https://github.com/caronc/apprise).

Apprise tells whether a message went, not why it did not; so one that was refused several times is
given up.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Final

import apprise

from dispatch.alerts.channels.once import Once
from dispatch.alerts.templates import Rendered, rendered
from dispatch.errors import ChannelDown, Undeliverable
from dispatch.model import Medium
from dispatch.ports import Message, Receipt

TRIES: Final = 3
TRIED_MOST: Final = 10_000

# Its warnings name addresses, and the addresses of chats are their keys.
logging.getLogger("apprise").setLevel(logging.CRITICAL)


_ASSET: Final = apprise.AppriseAsset(app_id="Dispatch", secure_logging=True)


def is_address(text: str) -> bool:
    """Return whether Apprise knows how to say something there."""
    return _service(text) is not None


class ChatChannel:
    """Says a message where an Apprise address leads."""

    real: Final = True
    medium: Final = Medium.CHAT

    def __init__(self) -> None:
        self._once = Once()
        self._tried: Counter[str] = Counter()

    async def send(self, to: str, message: Message, dedupe_key: str) -> Receipt:
        """Say it once per key.

        Raises:
            ChannelDown: it did not go, and may the next time.
            Undeliverable: the address is none, or it did not go time after time.
        """
        text = rendered(message, Medium.CHAT)
        return await self._once.send(dedupe_key, lambda: self._say(to, text, dedupe_key))

    async def close(self) -> None:
        """Holds nothing open."""

    async def _say(self, to: str, text: Rendered, key: str) -> Receipt:
        # Apprise waits for the network in this thread.
        said = await asyncio.to_thread(_say, to, text)
        if said:
            self._tried.pop(key, None)
            return Receipt(reference="")
        self._tried[key] += 1
        if self._tried[key] < TRIES:
            raise ChannelDown("the chat did not take it")
        if len(self._tried) > TRIED_MOST:
            self._tried.clear()
        raise Undeliverable("CHAT_REFUSED")


def _say(to: str, text: Rendered) -> bool:
    service = _service(to)
    if service is None:
        raise Undeliverable("BAD_ADDRESS")
    room = apprise.Apprise(asset=_ASSET)
    room.add(service)
    body_format = apprise.NotifyFormat.TEXT
    return bool(room.notify(body=text.body, title=text.title, body_format=body_format))


def _service(address: str) -> apprise.NotifyBase | None:
    return apprise.Apprise.instantiate(address, asset=_ASSET, suppress_exceptions=True)
