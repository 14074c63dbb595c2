"""The channel of exercises and tests: it reaches nobody and remembers what it was given."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from dispatch.alerts.channels.once import Once
from dispatch.alerts.templates import Rendered, rendered
from dispatch.model import Medium
from dispatch.ports import Message, Receipt

REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A message as it would have been sent."""

    to: str
    message: Message
    dedupe_key: str
    text: Rendered


class RecordingChannel:
    """Takes every message. `sent` holds the last ones, the oldest first.

    `refusals` are raised instead, one after the other, to play a carrier that fails.
    """

    real: Final = False

    def __init__(self, medium: Medium) -> None:
        self.medium: Final = medium
        self.sent: deque[Recorded] = deque(maxlen=REMEMBERED)
        self.refusals: deque[Exception] = deque()
        self._once = Once()

    async def send(self, to: str, message: Message, dedupe_key: str) -> Receipt:
        """Remember the message."""
        return await self._once.send(dedupe_key, lambda: self._record(to, message, dedupe_key))

    async def close(self) -> None:
        """Holds nothing open."""

    async def _record(self, to: str, message: Message, dedupe_key: str) -> Receipt:
        if self.refusals:
            raise self.refusals.popleft()
        text = rendered(message, self.medium)
        self.sent.append(Recorded(to=to, message=message, dedupe_key=dedupe_key, text=text))
        return Receipt(reference=f"recorded-{len(self.sent)}")
