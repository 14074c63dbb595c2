"""Whether the board keeps what must hold, looked at every ten seconds on a copy, in a thread."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import Final

from dispatch.board import Board
from dispatch.invariants import Invariant, Violation, violations

BEAT_S: Final = 10.0
TOLD_MOST: Final = 20

_log = logging.getLogger("dispatch.invariants")


class InvariantWatch:
    """Counts the violations that stand now; each is told once."""

    def __init__(self, board: Board) -> None:
        self.standing: Counter[Invariant] = Counter()
        self.took_s = 0.0
        self._board = board
        self._told: set[Violation] = set()
        self._seq = -1

    async def run(self) -> None:
        """Look every ten seconds, when the board has moved; forever."""
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self.look()
            except Exception:
                # What watches must not stop what it watches.
                _log.critical("the board cannot be checked", exc_info=True)

    async def look(self) -> None:
        """Look at the board as it is now."""
        if self._seq == self._board.seq:
            return
        board = self._board.copy()
        began_s = time.perf_counter()
        found = await asyncio.to_thread(violations, board)
        self.took_s = time.perf_counter() - began_s
        self._seq = board.seq
        self.standing = Counter(v.invariant for v in found)
        new = [v for v in found if v not in self._told]
        self._told = set(found)
        for one in new[:TOLD_MOST]:
            _log.critical(
                "an invariant does not hold",
                extra={"invariant": one.invariant.value, "entity": one.entity, "seq": board.seq},
            )
