"""Many thousand phones on several workers: a hazard zone over the whole county concerns them all.

The phones live in processes of their own, each with an address of its own because one has ports
for some 28,000. Meanwhile somebody asks every worker who they are: an empty request with a session.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from benchmarks.figures import Figure, median_of, quantile
from benchmarks.live.children import Child, child
from benchmarks.live.lines import line, request
from benchmarks.live.phones import cookie
from benchmarks.live.stack import Stack, installed, stack

WORKERS: Final = 3
CROWDS: Final = 3
ALERTS: Final = 3
LINES: Final = 24
"""Connections of whoever asks meanwhile: the kernel leaves no worker out."""
QUIET_S: Final = 3.0
COUNTY: Final = [[[[-71.6, -30.3], [-70.9, -30.3], [-70.9, -29.6], [-71.6, -29.6]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alert:
    """What one alert took, in seconds since the zone was drawn; `asked_s` of others' requests."""

    first_s: float
    p99_s: float
    last_s: float
    reached: int
    asked_s: Sequence[float]


def run(volunteers: int, count: int) -> dict[str, Figure]:
    """Return what it takes to warn that many phones; nothing without PostgreSQL and Redis."""
    return asyncio.run(_measured(volunteers, count)) if installed() else {}


async def _measured(volunteers: int, count: int) -> dict[str, Figure]:
    async with stack(volunteers, WORKERS) as running, AsyncExitStack() as children:
        port, before_kib = running.settings.port, running.memory_kib()
        began = time.monotonic()
        share = -(-count // CROWDS)
        crowds = [
            await children.enter_async_context(
                child("phones", port, share, 1 + n * share, f"127.0.0.{n + 2}")
            )
            for n in range(CROWDS)
        ]
        for crowd in crowds:
            await crowd.answer()
        opened_s = time.monotonic() - began
        await asyncio.sleep(1)
        memory_kib = running.memory_kib() - before_kib
        asker = await children.enter_async_context(
            child("asker", port, "/api/phone/session", cookie(1, "phone"), LINES)
        )
        await asker.answer()
        await asyncio.sleep(QUIET_S)
        quiet_s = [took_s for _, took_s in (await asker.tell("took"))["took_s"]]
        alerts = [await _alert(running, crowds, asker, n) for n in range(ALERTS)]
    return _figures(share * CROWDS, opened_s, memory_kib, quiet_s, alerts)


async def _alert(running: Stack, crowds: Sequence[Child], asker: Child, number: int) -> _Alert:
    """Draw a zone; return when everybody has been warned of it."""
    zone = {"kind": "zone.draw", "zone_kind": "flood", "name": f"Bench {number}", "blocks": []}
    for crowd in crowds:
        await crowd.tell(f'"name":"Bench {number}"')
    port = running.settings.port
    body = {"action_id": f"bench-zone-{number}", "action": {**zone, "parts": COUNTY}}
    drawing = request(port, "/api/command/actions", cookie(0, "command"), json.dumps(body).encode())
    hand = await line(port)
    began_s = time.monotonic()
    status, answer = await hand.ask(drawing)
    hand.close()
    assert status == 200, answer
    heard = [at_s for crowd in crowds for at_s in (await crowd.answer())["told_s"]]
    told_s = [at_s - began_s for at_s in heard if at_s is not None] or [float("inf")]
    asked = (await asker.tell("took"))["took_s"]
    first_s, last_s = min(told_s), max(told_s)
    return _Alert(
        first_s=first_s,
        p99_s=quantile(told_s, 0.99),
        last_s=last_s,
        reached=sum(at_s is not None for at_s in heard),
        asked_s=[
            s for at_s, s in asked if first_s <= at_s + s - began_s and at_s < began_s + last_s
        ],
    )


def _figures(
    count: int,
    opened_s: float,
    memory_kib: int,
    quiet_s: Sequence[float],
    alerts: Sequence[_Alert],
) -> dict[str, Figure]:
    name = f"{count} phones, {WORKERS} workers"
    asked_s = [took_s for alert in alerts for took_s in alert.asked_s]
    reached = [alert.reached for alert in alerts]
    return {
        f"{name}: told of an alert": Figure(
            value=min(reached), unit="phones", runs=reached, better="higher", reach=count
        ),
        f"{name}: hazard zone drawn until the first is told": median_of(
            [alert.first_s for alert in alerts], "s"
        ),
        f"{name}: from the first until 99 % are told": median_of(
            [alert.p99_s - alert.first_s for alert in alerts], "s"
        ),
        f"{name}: from the first until the last is told": median_of(
            [alert.last_s - alert.first_s for alert in alerts], "s"
        ),
        f"{name}: empty request with a session meanwhile, p99": Figure(
            value=quantile(asked_s, 0.99), unit="s", runs=[max(asked_s)], reach=0.05,
            peers={"before": quantile(quiet_s, 0.99)},
        ),
        f"{name}: memory a phone": Figure(value=memory_kib / count, unit="KiB", runs=[]),
        f"{name}: phones let in": Figure(
            value=count / opened_s, unit="/s", runs=[], better="higher"
        ),
    }  # fmt: skip
