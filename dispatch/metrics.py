"""The figures of one process for Prometheus, read when they are asked for.

The parts keep plain counts; here they become families under names that docs/reference/metrics.md
lists. They are served on an address of their own, never on the public port. The server's thread
reads nothing itself: it asks the event loop, which alone may touch the parts, so a loop that is
stuck shows as a scrape that fails.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from dispatch import logs
from dispatch.alerts.gateway import Gateway
from dispatch.desk import Desk
from dispatch.invariants import Invariant
from dispatch.model import Medium
from dispatch.outbox import Outbox
from dispatch.tallies import Histogram
from dispatch.watching.health import Health
from dispatch.watching.notices import NoticeWatch

ANSWER_S: Final = 5.0
RETRY_S: Final = 5.0

_log = logging.getLogger("dispatch.metrics")

HELP: Final[Mapping[str, str]] = {
    "build": "Which version runs.",
    "log_position": "Last position of the log that this process has folded.",
    "events_stored": "Events that this process stored.",
    "actions": "Actions that this process settled, by kind and outcome.",
    "refusals": "Actions that a rule refused, by code.",
    "append_seconds": "How long storing took, with the wait for the disk.",
    "append_actions": "How many actions were stored together.",
    "append_conflicts": "Appends that another writer forestalled; they were decided again.",
    "followed_events": "Events read from the log, by what made this process look.",
    "followed_age_seconds": "Age of other writers' events when this process found them.",
    "offer_expiry_late_seconds": "How long after its due instant an offer expired.",
    "offers_open": "Offers that nobody has answered yet.",
    "frame_wait_seconds": "From a change of the board to the frame that tells of it.",
    "frames": "Updates written to screens.",
    "snapshots": "Whole views sent.",
    "caught_up": "Screens that had fallen behind and were brought up to date.",
    "fixes": "Position reports taken in.",
    "screens": "Open screens, by audience.",
    "screens_behind": "Screens that do not keep up at this moment.",
    "screens_closed": "Screens closed by us, by close code.",
    "loop_lag_seconds": "How late the event loop took its turns.",
    "bus_up": "Whether the doorbell between workers works.",
    "planner_up": "Whether the planner answers.",
    "store_up": "Whether the store could be written when last looked at.",
    "store_probe_seconds": "How long that write took.",
    "disk_free_bytes": "Room left where the SQLite file lies.",
    "draining": "Whether this process is about to end.",
    "plan_seconds": "How long plans took.",
    "question_seconds": "How long other answers of the planner took.",
    "planner_failures": "Questions that the planner did not answer, by error.",
    "roster_age_seconds": "Since the planner last looked whether the roster changed.",
    "roster_people": "People on the planner's roster.",
    "invariant_violations": "What does not hold on the board now. Must be 0.",
    "invariant_check_seconds": "How long the last look took.",
    "log_lines_dropped": "Lines for the log that nobody read in time.",
    "notices_live": "People who must be told something and have not answered yet.",
    "notices_due": "Notices with a message due now: the queue.",
    "outbox_leads": "Whether this process is the one that sends.",
    "channel_up": "Whether a channel takes messages, by medium.",
    "sends": "What became of messages, by medium and status.",
    "send_late_seconds": "How long after its due instant the carrier had a message.",
    "delivered_seconds": "From a notice to its coming to a device.",
    "seen_seconds": "From a notice to its being seen, by medium.",
    "answered_seconds": "From an offer to its answer.",
    "workers": "Workers that this supervisor keeps, by whether they run.",
    "worker_ends": "Workers that ended unasked.",
}
"""Every family, without the prefix `dispatch_`; counters end in `_total` besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a serving process has to tell about."""

    desk: Desk
    gateway: Gateway
    health: Health
    outbox: Outbox
    notices: NoticeWatch


def families(parts: Parts) -> Iterator[Metric]:
    """Yield all families of a serving process."""
    yield _gauge("build", {("version",): {(version("dispatch"),): 1}})
    yield from _desk(parts.desk)
    yield from _gateway(parts.gateway)
    yield from _health(parts.health)
    yield from _telling(parts.outbox, parts.notices)
    yield _counter("log_lines_dropped", logs.dropped())


def _desk(desk: Desk) -> Iterator[Metric]:
    tally = desk.tally
    yield _gauge("log_position", desk.board.seq)
    yield _counter("events_stored", tally.events)
    yield _counter("actions", {("kind", "outcome"): tally.actions})
    yield _counter("refusals", {("code",): _by_one(tally.refusals)})
    yield _histogram("append_seconds", tally.append_s)
    yield _histogram("append_actions", tally.batch)
    yield _counter("append_conflicts", tally.conflicts)
    found = {name: tally.followed[name] for name in ("start", "bell", "clock", "turn")}
    yield _counter("followed_events", {("found",): _by_one(found)})
    yield _histogram("followed_age_seconds", tally.followed_s)
    yield _histogram("offer_expiry_late_seconds", tally.late_s)
    yield _gauge("offers_open", len(desk.board.open_offers))


def _gateway(gateway: Gateway) -> Iterator[Metric]:
    counters = gateway.counters
    yield _histogram("frame_wait_seconds", counters.waited_s)
    yield _counter("frames", counters.frames)
    yield _counter("snapshots", counters.snapshots)
    yield _counter("caught_up", counters.caught_up)
    yield _counter("fixes", counters.fixes)
    yield _gauge("screens", {("audience",): _by_one(gateway.open_screens())})
    yield _gauge("screens_behind", gateway.behind())
    closed = {str(code): count for code, count in counters.closed.items()}
    yield _counter("screens_closed", {("code",): _by_one(closed)})


def _health(health: Health) -> Iterator[Metric]:
    planner, invariants = health.planner, health.invariants
    yield _histogram("loop_lag_seconds", health.loop.lags_s)
    yield _gauge("bus_up", health.bus.up)
    yield _gauge("planner_up", planner.up)
    yield _gauge("store_up", health.store.up)
    yield _gauge("store_probe_seconds", health.store.took_s)
    if health.store.free_bytes is not None:
        yield _gauge("disk_free_bytes", health.store.free_bytes)
    yield _gauge("draining", health.draining)
    yield _histogram("plan_seconds", planner.plan_s)
    yield _histogram("question_seconds", planner.ask_s)
    yield _counter("planner_failures", {("error",): _by_one(planner.failures)})
    if planner.roster_age_s is not None:
        yield _gauge("roster_age_seconds", planner.roster_age_s)
        yield _gauge("roster_people", planner.volunteers)
    standing = {name.value: invariants.standing[name] for name in Invariant}
    yield _gauge("invariant_violations", {("invariant",): _by_one(standing)})
    yield _gauge("invariant_check_seconds", invariants.took_s)


def _telling(outbox: Outbox, notices: NoticeWatch) -> Iterator[Metric]:
    yield _gauge("notices_live", len(outbox.desk.board.live_notices))
    yield _gauge("notices_due", outbox.waiting)
    yield _gauge("outbox_leads", outbox.leads)
    up = {medium.value: not down for medium, down in outbox.down().items()}
    yield _gauge("channel_up", {("medium",): _by_one(up)})
    yield _counter("sends", {("medium", "status"): notices.sends})
    yield _histograms("send_late_seconds", "medium", notices.late_s)
    yield _histogram("delivered_seconds", notices.delivered_s)
    yield _histograms("seen_seconds", "medium", notices.seen_s)
    yield _histogram("answered_seconds", notices.answered_s)


def supervisor_families(running: int, wanted: int, ended: int) -> Iterator[Metric]:
    """Yield the families of a supervisor of several workers."""
    yield _gauge("workers", {("state",): {("running",): running, ("missing",): wanted - running}})
    yield _counter("worker_ends", ended)


async def serve(host: str, port: int, read: Callable[[], Iterable[Metric]]) -> None:
    """Serve the families on this address as long as it is not cancelled; port 0 serves nothing.

    An address that is taken is tried again: whatever it holds up, it must not be the alerts.
    """
    if port == 0:
        return
    registry = CollectorRegistry()
    registry.register(_OnLoop(asyncio.get_running_loop(), read))
    ProcessCollector(registry=registry)
    complained = False
    while True:
        try:
            server, _ = start_http_server(port, addr=host, registry=registry)
            break
        except OSError as exc:
            if not complained:
                _log.error("no metrics: cannot listen on %s port %d: %s", host, port, exc.strerror)
            complained = True
            await asyncio.sleep(RETRY_S)
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()


class _OnLoop(Collector):
    def __init__(
        self, loop: asyncio.AbstractEventLoop, read: Callable[[], Iterable[Metric]]
    ) -> None:
        self._loop, self._read = loop, read

    def collect(self) -> Iterable[Metric]:
        return asyncio.run_coroutine_threadsafe(self._gather(), self._loop).result(ANSWER_S)

    async def _gather(self) -> list[Metric]:
        return list(self._read())


Labelled = Mapping[tuple[str, ...], Mapping[tuple[str, ...], float]]
"""Label names, and then values by label values."""


def _gauge(name: str, value: float | Labelled) -> Metric:
    if isinstance(value, int | float):
        return GaugeMetricFamily(f"dispatch_{name}", HELP[name], value=float(value))
    ((labels, values),) = value.items()
    family = GaugeMetricFamily(f"dispatch_{name}", HELP[name], labels=labels)
    for names, one in values.items():
        family.add_metric(names, float(one))
    return family


def _counter(name: str, value: float | Labelled) -> Metric:
    if isinstance(value, int | float):
        return CounterMetricFamily(f"dispatch_{name}", HELP[name], value=float(value))
    ((labels, values),) = value.items()
    family = CounterMetricFamily(f"dispatch_{name}", HELP[name], labels=labels)
    for names, one in values.items():
        family.add_metric(names, float(one))
    return family


def _histogram(name: str, histogram: Histogram) -> Metric:
    family = HistogramMetricFamily(f"dispatch_{name}", HELP[name])
    family.add_metric([], _reached(histogram), histogram.sum)
    return family


def _histograms(name: str, label: str, histograms: Mapping[Medium, Histogram]) -> Metric:
    family = HistogramMetricFamily(f"dispatch_{name}", HELP[name], labels=[label])
    for one, histogram in histograms.items():
        family.add_metric([one.value], _reached(histogram), histogram.sum)
    return family


def _reached(histogram: Histogram) -> list[tuple[str, float]]:
    """How many values were at most each bound."""
    reached, total = [], 0
    for bound, count in zip((*histogram.bounds, "+Inf"), histogram.counts, strict=True):
        total += count
        reached.append((str(bound), float(total)))
    return reached


def _by_one(values: Mapping[str, float]) -> Mapping[tuple[str, ...], float]:
    return {(name,): value for name, value in values.items()}
