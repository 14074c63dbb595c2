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
    """Raise `Standstill` in the block, whatever it waits for, when it takes longer, or when this
    process is told to end: what was started is to be ended, too."""

    def too_long(number: int, frame: FrameType | None) -> None:
        faulthandler.dump_traceback(sys.__stderr__)
        raise Standstill(f"told to end, or longer than {limit_s} s")

    numbers = (signal.SIGALRM, signal.SIGTERM)
    before = [signal.signal(number, too_long) for number in numbers]
    signal.alarm(limit_s)
    try:
        yield
    finally:
        signal.alarm(0)
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
