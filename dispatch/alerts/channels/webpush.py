"""Web push (RFC 8030), encrypted for the browser (RFC 8291) and signed by us (VAPID, RFC 8292).

A browser's subscription names the address that we send to, so only those of known push services are
taken: nobody can point the server somewhere else, or hold all others up with a service that hangs.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from py_vapid import Vapid02
from pywebpush import WebPusher, WebPushException

from dispatch.alerts.templates import rendered
from dispatch.errors import ChannelDown, Undeliverable
from dispatch.model import Medium, Urgency
from dispatch.ports import Message, Receipt

TIMEOUT_S: Final = 6.0
ENDPOINT_MOST: Final = 1_000
LASTS_S: Final = 86_400
"""How long a push service keeps a message that does not say when it expires."""
SIGNED_FOR: Final = timedelta(hours=12)
SIGNED_AGAIN: Final = timedelta(hours=6)
URGENCIES: Final = {
    Urgency.LIFE: "high",
    Urgency.URGENT: "high",
    Urgency.NORMAL: "normal",
    Urgency.INFO: "low",
    # It is to travel as an alert does.
    Urgency.TEST: "high",
}
"""RFC 8030, 5.3."""


def make_key() -> bytes:
    """Return a new key for VAPID, as it is stored."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def public_key(key: bytes) -> str:
    """Return what a browser subscribes with (`applicationServerKey`)."""
    public = _private(key).public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def is_served(endpoint: str, services: Sequence[str]) -> bool:
    """Return whether an address is one of these push services': `host` for it and all below it by
    https, or a whole origin such as `http://127.0.0.1:9000`."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if len(endpoint) > ENDPOINT_MOST or not endpoint.isascii() or parts.username is not None:
        return False
    if f"{parts.scheme}://{parts.netloc}" in services:
        return True
    known = any(host == one or host.endswith(f".{one}") for one in services)
    return known and parts.scheme == "https" and port in (None, 443)


def are_keys(p256dh: str, auth: str) -> bool:
    """Return whether these are a browser's keys: a point of P-256, and 16 bytes."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(p256dh))
        return len(_decoded(auth)) == 16
    except (ValueError, binascii.Error):
        return False


class _Subscription(msgspec.Struct):
    """What a browser gives away (`PushSubscription.toJSON()`)."""

    endpoint: str
    keys: dict[str, str]


class WebPushChannel:
    """Tells browsers, in the name of `contact` (`mailto:` or `https:`), by `services` alone."""

    real: Final = True
    medium: Final = Medium.PUSH

    def __init__(
        self, key: bytes, contact: str, services: Sequence[str], now: Callable[[], datetime]
    ) -> None:
        self._vapid = Vapid02(_private(key))
        self._contact, self._services, self._now = contact, services, now
        self._signed: dict[str, tuple[datetime, str]] = {}
        self._session: aiohttp.ClientSession | None = None

    async def send(self, to: str, message: Message, dedupe_key: str) -> Receipt:
        """Hand the message to the push service of a subscription; the same key takes the place of
        what still waits there.

        Raises:
            ChannelDown: the push service cannot be reached, or takes no more now.
            Undeliverable: it never heard of this browser (`gone`), or refuses the message.
        """
        endpoint, body = self._encrypted(to, message, dedupe_key)
        topic = _topic(dedupe_key)
        headers = {
            "Authorization": self._authorization(endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(self._ttl_s(message)),
            "Urgency": URGENCIES[message.urgency],
            "Topic": topic,
        }
        try:
            # Never where the answer leads: the address was looked at, another was not.
            async with self._open().post(
                endpoint, data=body, headers=headers, allow_redirects=False
            ) as response:
                _check(response.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise ChannelDown(f"the push service: {type(exc).__name__}") from None
        return Receipt(reference=topic)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session

    def _encrypted(self, to: str, message: Message, dedupe_key: str) -> tuple[str, bytes]:
        payload = msgspec.json.encode(_payload(message, dedupe_key))
        try:
            subscription = msgspec.json.decode(to, type=_Subscription)
            if not is_served(subscription.endpoint, self._services):
                raise Undeliverable("UNKNOWN_SERVICE")
            pusher = WebPusher({"endpoint": subscription.endpoint, "keys": subscription.keys})
            return subscription.endpoint, pusher.encode(payload)["body"]
        except (ValueError, WebPushException):
            raise Undeliverable("BAD_ADDRESS", gone=True) from None

    def _authorization(self, endpoint: str) -> str:
        """The signature for the push service's origin; one serves for all messages to it."""
        now, parts = self._now(), urlsplit(endpoint)
        origin = f"{parts.scheme}://{parts.netloc}"
        made_at, text = self._signed.get(origin, (None, ""))
        if made_at is None or not now - SIGNED_AGAIN < made_at <= now:
            expires = int((now + SIGNED_FOR).timestamp())
            claims = {"aud": origin, "sub": self._contact, "exp": expires}
            text = self._vapid.sign(claims)["Authorization"]
            self._signed[origin] = now, text
        return text

    def _ttl_s(self, message: Message) -> int:
        if message.expires_at is None:
            return LASTS_S
        left_s = int((message.expires_at - self._now()).total_seconds())
        if left_s <= 0:
            raise Undeliverable("EXPIRED")
        return left_s


def _check(status: int) -> None:
    if status in (200, 201, 202, 204):
        return
    if status in (404, 410):
        raise Undeliverable("GONE", gone=True)
    if status in (408, 425, 429) or status >= 500:
        raise ChannelDown(f"the push service answers {status}")
    raise Undeliverable(f"REFUSED_{status}")


def _payload(message: Message, dedupe_key: str) -> dict[str, Any]:
    text = rendered(message, Medium.PUSH)
    return {
        "title": text.title,
        "body": text.body,
        "notice_id": dedupe_key.partition("/")[0],
        "url": "/phone",
        "urgency": message.urgency,
        "language": message.language,
    }


def _topic(dedupe_key: str) -> str:
    """At most 32 letters of the base64url alphabet (RFC 8030, 5.4), other ones for other keys."""
    return base64.urlsafe_b64encode(sha256(dedupe_key.encode()).digest()[:24]).decode()


def _private(key: bytes) -> ec.EllipticCurvePrivateKey:
    loaded = load_der_private_key(key, None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey), "make_key makes no other"
    return loaded


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
