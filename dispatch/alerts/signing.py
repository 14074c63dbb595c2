"""Signed requests between this server and a carrier's adapter, in both directions.

Headers `X-Dispatch-Timestamp` (seconds since 1970) and `X-Dispatch-Signature`
(`v1=` and the hex HMAC-SHA256, RFC 2104, of the timestamp, a dot and the body). Who has the secret
says it and when; a message that is sent again is harmless because of its id, not of this.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

TIMESTAMP: Final = "X-Dispatch-Timestamp"
SIGNATURE: Final = "X-Dispatch-Signature"
FRESH_S: Final = 300
"""How far the two clocks may be apart, the way included."""
_SECONDS: Final = re.compile(r"[0-9]{1,12}")


def signed(secret: bytes, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers that sign a body now."""
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: _signature(secret, timestamp, body)}


def is_signed(secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Return whether the body was signed with the secret, lately. `headers` knows no case.

    Without a secret nothing is.
    """
    timestamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    right = _signature(secret, timestamp, body)
    # Constant-time: how much of a guess is right must not be told by how long it takes.
    same = hmac.compare_digest(right.encode(), given.encode("utf-8", "surrogatepass"))
    return bool(secret) and same and _is_fresh(timestamp, now)


def _signature(secret: bytes, timestamp: str, body: bytes) -> str:
    text = timestamp.encode("utf-8", "surrogatepass") + b"." + body
    return "v1=" + hmac.new(secret, text, sha256).hexdigest()


def _is_fresh(timestamp: str, now: datetime) -> bool:
    if not _SECONDS.fullmatch(timestamp):
        return False
    return abs(now.astimezone(UTC).timestamp() - int(timestamp)) <= FRESH_S
