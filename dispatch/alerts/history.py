"""What changed lately, so that who comes back gets what they missed and no more."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from dispatch.board import Key

BATCHES: Final = 4_096
KEYS: Final = 20_000
"""More than this missed, and a snapshot is the smaller answer."""


class History:
    """The keys touched by the last batches of events; a ring."""

    def __init__(self, batches: int = BATCHES) -> None:
        self._recent: deque[tuple[int, tuple[Key, ...]]] = deque(maxlen=batches)

    def add(self, seq: int, keys: Iterable[Key]) -> None:
        """Take note that the board moved to `seq`, touching `keys`."""
        self._recent.append((seq, tuple(keys)))

    def since(self, seq: int, head: int, most: int = KEYS) -> dict[Key, None] | None:
        """Return the keys touched after `seq`, oldest first, `head` being where the board stands.

        None when they are not all known any more, are more than `most`, or `seq` lies ahead.
        """
        if seq == head:
            return {}
        first = self._recent[0][0] if self._recent else head + 1
        if not first - 1 <= seq < head:
            return None
        batches, count = [], 0
        for upto, keys in reversed(self._recent):
            count += len(keys)
            if upto <= seq:
                break
            if count > most:
                return None
            batches.append(keys)
        return dict.fromkeys(key for keys in reversed(batches) for key in keys)
