"""Text messages and calls, through a carrier's adapter: docs/reference/gateway.md.

The adapter knows the carrier, we know the adapter: one signed request a message, under an id that
the adapter takes once, and reports and replies that come back to `api/hooks.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import msgspec

from dispatch.alerts.signing import signed
from dispatch.alerts.templates import rendered
from dispatch.errors import ChannelDown, Undeliverable
from dispatch.model import Medium
from dispatch.ports import Message, Receipt

TIMEOUT_S: Final = 5.0
KINDS: Final = {Medium.SMS: "sms", Medium.VOICE: "voice"}
REFUSALS: Final = frozenset({400, 409, 410, 413, 422})
"""What says that this message will not do. Everything else may be otherwise the next time, also a
wrong secret or address of ours: somebody will mend it, and the message is still due."""
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,39}")


class GatewayChannel:
    """One of the two media of an adapter at `url`, under one `secret`.

    `callback` is where it reports to; `real` is False for the simulator only.
    """

    def __init__(
        self,
        medium: Medium,
        url: str,
        secret: bytes,
        callback: str,
        now: Callable[[], datetime],
        *,
        real: bool = True,
    ) -> None:
        self.medium: Final = medium
        self.real: Final = real
        self._kind = KINDS[medium]
        self._url = url.rstrip("/") + "/messages"
        self._secret, self._callback, self._now = secret, callback, now
        self._client: httpx.AsyncClient | None = None

    async def send(self, to: str, message: Message, dedupe_key: str) -> Receipt:
        """Hand the message to the adapter.

        Raises:
            ChannelDown: it cannot be reached, or cannot send now.
            Undeliverable: it says that this message cannot be sent.
        """
        body = msgspec.json.encode(self._body(to, message, dedupe_key))
        headers = {"Content-Type": "application/json"} | signed(self._secret, body, self._now())
        try:
            response = await self._open().post(self._url, content=body, headers=headers)
        except httpx.HTTPError as exc:
            raise ChannelDown(f"the gateway: {type(exc).__name__}") from None
        if response.status_code in (200, 202):
            return Receipt(reference=_text(response, "reference"))
        if response.status_code in REFUSALS:
            code = _text(response, "code")
            raise Undeliverable(code if _CODE.fullmatch(code) else "REFUSED")
        raise ChannelDown(f"the gateway answers {response.status_code}")

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            limits = httpx.Limits(max_connections=32, max_keepalive_connections=32)
            self._client = httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits)
        return self._client

    def _body(self, to: str, message: Message, dedupe_key: str) -> dict[str, Any]:
        expires_at = message.expires_at
        return {
            "id": dedupe_key,
            "kind": self._kind,
            "to": to,
            "template": message.template,
            "params": dict(message.params),
            "language": message.language,
            "text": rendered(message, self.medium).body,
            "urgency": message.urgency,
            "expires_at": None if expires_at is None else expires_at.astimezone(UTC).isoformat(),
            "exercise": message.exercise,
            "callback": self._callback,
        }


def _text(response: httpx.Response, name: str) -> str:
    """A text out of an answer that may be anything."""
    try:
        value = msgspec.json.decode(response.content, type=dict[str, Any]).get(name, "")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""
