"""Links by which one person answers one offer without a session: `/a/{token}`.

The token is the offer's id and a 128-bit HMAC of it and the person's, so a message that is sent
again has the same text, nothing is stored, and nobody can make one for another offer.
"""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256
from typing import Final

from dispatch.model import OfferId, VolunteerId

PATH: Final = "/a/"
KEY_BYTES: Final = 32
_MAC_BYTES: Final = 16


def answer_token(key: bytes, offer_id: OfferId, volunteer_id: VolunteerId) -> str:
    """Return the token for this offer to this person."""
    return f"{offer_id}.{_mac(key, offer_id, volunteer_id)}"


def offer_named(token: str) -> OfferId:
    """Return the offer a token claims to be for; `is_answer_token` says whether it is."""
    return OfferId(token.rpartition(".")[0])


def is_answer_token(key: bytes, token: str, offer_id: OfferId, volunteer_id: VolunteerId) -> bool:
    """Return whether this is the token for that offer to that person."""
    right = answer_token(key, offer_id, volunteer_id)
    return hmac.compare_digest(right.encode(), token.encode("utf-8", "surrogatepass"))


def _mac(key: bytes, offer_id: OfferId, volunteer_id: VolunteerId) -> str:
    text = f"answer/{offer_id}/{volunteer_id}".encode()
    mac = hmac.new(key, text, sha256).digest()[:_MAC_BYTES]
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
