"""What is measured of live delivery, part by part."""

from __future__ import annotations

import functools
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Final

from benchmarks.figures import Figure
from benchmarks.live import answers, failover, fan_out, many, positions, store
from benchmarks.town import VOLUNTEERS

Part = Callable[[], dict[str, Figure]]

MOST_S: Final = 200.0
"""No part may take longer."""
ALL_S: Final = 690.0
"""All of them together end within twelve minutes."""


def parts(share: float = 1.0) -> Mapping[str, Part]:
    """Return what can be measured, at that share of the numbers of people asked for."""

    def of(count: int, least: int = 100) -> int:
        return max(least, round(count * share))

    county = of(VOLUNTEERS, 2_000)
    return {
        "fan_out_5000": functools.partial(fan_out.run, of(5_000)),
        "fan_out_19000": functools.partial(fan_out.run, of(19_000)),
        "many": functools.partial(many.run, county, of(50_000)),
        "store_sqlite": functools.partial(store.sqlite, of(40_000, 2_000), of(4_000)),
        "store_postgres": functools.partial(store.postgres, of(40_000, 2_000), of(4_000)),
        "answers": functools.partial(answers.run, county, of(5_000)),
        "positions": functools.partial(positions.run, of(5_000)),
        "failover": functools.partial(failover.run, 2_000, 300),
    }


def measured(wanted: Mapping[str, Part]) -> dict[str, Figure]:
    """Return the figures of some parts; one that fails is a figure that is not reached."""
    found: dict[str, Figure] = {}
    end_s = time.monotonic() + ALL_S
    with _told_to_end():
        for name, part in wanted.items():
            found |= _within(name, part, min(MOST_S, end_s - time.monotonic()))
    return found


class _Over(SystemExit):
    """The time of a part is up. Nothing but an exit gets through an event loop's callbacks."""


def _within(name: str, part: Part, most_s: float) -> dict[str, Figure]:
    try:
        signal.setitimer(signal.ITIMER_REAL, max(most_s, 0.001))
        return part()
    except (Exception, _Over):
        traceback.print_exc(file=sys.stderr)
        return {f"{name}: not measured": Figure(value=1, unit="", runs=[], reach=0)}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def _told_to_end() -> Iterator[None]:
    """Turn signals into exits, on which every part ends what it has started."""

    def over(number: int, frame: FrameType | None) -> None:
        raise _Over("its time is up")

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {n: signal.signal(n, do) for n, do in ((signal.SIGALRM, over), (signal.SIGTERM, end))}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
