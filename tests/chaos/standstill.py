"""Nothing may stand still for ever: what takes too long fails, and shows where everybody stood."""

from __future__ import annotations

import faulthandler
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Standstill(BaseException):
    """It took too long. No ordinary error, so that nobody takes it for one and carries on."""


@contextmanager
def no_standstill(limit_s: int) -> Iterator[None]:
    """Raise `Standstill` in the block, whatever it waits for, when it takes longer."""

    def too_long(number: int, frame: FrameType | None) -> None:
        faulthandler.dump_traceback(sys.__stderr__)
        raise Standstill(f"this took longer than {limit_s} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(limit_s)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
