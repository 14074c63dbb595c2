"""The composition root: settings and agency file to adapters to a running application.

Nothing else wires parts together.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import gzip
import logging
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from prometheus_client.core import Metric

from dispatch import logs, metrics, taxonomy
from dispatch.agency import Agency
from dispatch.alerts.answer_links import KEY_BYTES
from dispatch.alerts.bus import MemoryBus
from dispatch.alerts.channels.webpush import make_key, public_key
from dispatch.alerts.gateway import Gateway
from dispatch.alerts.redis_bus import RedisBus
from dispatch.api import live
from dispatch.api.create import create
from dispatch.api.maps import described
from dispatch.api.services import Services
from dispatch.api.sessions import Sessions
from dispatch.backup.sqlite import keep_before_upgrade
from dispatch.board import Board
from dispatch.channels import OUTBOX, VAPID, inbox_of, link_to, open_channels, outbox_of
from dispatch.clock import SystemClock
from dispatch.cordon import Cordon
from dispatch.desk import Desk, PlannerPort
from dispatch.errors import BadInput, StoreUnavailable
from dispatch.eventlog import SqlEventLog
from dispatch.exchange.office import Place, place_of
from dispatch.geo.ground import Ground, ground_of
from dispatch.matching.policy import MatchPolicy
from dispatch.outbox import Outbox
from dispatch.planner.plan import Planner
from dispatch.planner.process import FollowingPlanner, ProcessPlanner
from dispatch.planner.round import Asking
from dispatch.planner.verdict import judge
from dispatch.ports import Channel, Clock, Router
from dispatch.registry import catalogue, leases
from dispatch.registry.engine import migrate, open_engine, writing
from dispatch.registry.secrets import secret
from dispatch.registry.snapshot import load_roster, load_rows, roster_version
from dispatch.settings import Settings
from dispatch.watching.health import Health
from dispatch.watching.invariants import InvariantWatch
from dispatch.watching.notices import NoticeWatch
from dispatch.watching.planner import WatchedPlanner
from dispatch.watching.store import StoreProbe
from dispatch.waves import Waves

SEARCHES = (5_000, 10, 200)
"""When Python looks for cycles among young, middle-aged and all objects; see `gc.set_threshold`."""
GOODBYE_S = 15
"""Screens come back after a random part of this."""
DRAIN_LOOK_S = 0.2


@dataclass(slots=True, kw_only=True)
class Application:
    """The running parts. `background` coroutines run as long as the server does."""

    agency: Agency
    settings: Settings
    engine: sa.Engine
    clock: Clock
    desk: Desk
    waves: Waves
    cordon: Cordon
    outbox: Outbox
    channels: tuple[Channel, ...]
    gateway: Gateway
    router: Router
    planner: PlannerPort
    bus: MemoryBus | RedisBus
    log: SqlEventLog
    place: Place
    health: Health
    notices: NoticeWatch
    worker: str
    api: FastAPI
    background: list[Callable[[], Coroutine[Any, Any, None]]] = field(default_factory=list)

    async def start(self) -> None:
        """Fold the log and warm the planner.

        Raises:
            LogCorrupt, PlannerUnavailable: it cannot run.
        """
        await self.desk.start()
        if isinstance(self.planner, ProcessPlanner):
            await self.planner.start()

    def close(self) -> None:
        """End threads and processes, give back what others wait for, then the database."""
        if isinstance(self.planner, ProcessPlanner):
            self.planner.close()
        self.health.store.close()
        self.log.close()
        with contextlib.suppress(StoreUnavailable):
            leases.release(self.engine, OUTBOX, self.worker)
        self.engine.dispose()


def open_store(settings: Settings) -> sa.Engine:
    """Return the migrated database.

    Raises:
        BadInput: the folder or database cannot be used.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise BadInput(f"cannot make the data folder {settings.data_dir}: {exc.strerror}") from None
    engine = open_engine(settings.url)
    try:
        kept = keep_before_upgrade(engine, SystemClock().now())
        if kept is not None:
            logging.getLogger("dispatch").warning("the schema is upgraded; a copy is %s", kept)
        migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def add_regions(engine: sa.Engine, agency: Agency) -> None:
    """Store those of the agency's regions that the registry does not know yet."""
    known = {r.code for r in catalogue.regions(engine)}
    with writing(engine) as connection:
        catalogue.add_regions(connection, [r for r in agency.regions if r.code not in known])


async def build(
    settings: Settings,
    agency: Agency,
    clock: Clock | None = None,
    planner: PlannerPort | None = None,
    channels: tuple[Channel, ...] | None = None,
    *,
    simulated: bool = False,
) -> Application:
    """Return the application, wired but not started, with a planner of its own unless given one;
    it tells people by these `channels`, by those of the settings when none are given, whose gateway
    is a `simulated` one.

    Raises:
        BadInput: a file, folder or database cannot be used.
    """
    clock = clock or SystemClock()
    engine = open_store(settings)
    add_regions(engine, agency)
    ground = ground_of(agency.roads, agency.map.center, settings.cache_dir)
    log = SqlEventLog(engine)
    policy = MatchPolicy()
    board = Board(agency=agency.id, exercise=agency.exercise)
    place = place_of(engine, *agency.map.center)
    if planner is None:
        planner = (
            ProcessPlanner(functools.partial(planner_alone, settings, agency))
            if settings.planner_process
            else following_planner(settings.url, agency, settings.cache_dir)
        )
    watched = WatchedPlanner(planner)
    bus = RedisBus(settings.redis_url) if settings.redis_url else MemoryBus()
    desk = Desk(
        agency=agency.id,
        log=log,
        bus=bus,
        clock=clock,
        planner=watched,
        judge=functools.partial(judge, router=ground.router, policy=policy),
        rows=functools.partial(load_rows, engine),
        regions=place.regions,
        index=place.index,
        policy=policy,
        board=board,
        book=agency.book,
    )
    gateway = Gateway(board, await log.log_id(agency.id), clock)
    desk.listeners.append(gateway.applied)
    health = Health(
        bus=bus,
        planner=watched,
        store=StoreProbe(engine, log, agency.id),
        invariants=InvariantWatch(board),
    )
    if channels is None:
        channels = open_channels(settings, agency, engine, clock, simulated=simulated)
    link_key = secret(engine, "answer-links", lambda: secrets.token_bytes(KEY_BYTES))
    services = Services(
        desk=desk,
        gateway=gateway,
        engine=engine,
        sessions=Sessions(engine, clock),
        router=ground.router,
        clock=clock,
        meta=_meta(agency, engine, ground, bounded=bool(place.index.codes)),
        closures=ground.closures,
        roads=functools.cache(functools.partial(_roads, ground)),
        layers=agency.layers,
        handoff=agency.handoff,
        web_dir=settings.web_dir,
        place=place,
        health=health,
        inbox=inbox_of(desk, agency, engine, channels),
        gateway_secret=settings.gateway_secret.encode(),
        link_key=link_key,
        push_key=public_key(secret(engine, VAPID, make_key)),
        push_services=settings.push_services,
    )
    worker = secrets.token_hex(8)
    app: Application | None = None

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        assert app is not None
        async with running(app):
            yield

    app = Application(
        agency=agency,
        settings=settings,
        engine=engine,
        clock=clock,
        desk=desk,
        waves=Waves(desk=desk, show_up=agency.acceptance.show_up),
        cordon=Cordon(desk=desk),
        outbox=outbox_of(
            desk, agency, engine, channels, worker, functools.partial(link_to, settings, link_key)
        ),
        channels=channels,
        worker=worker,
        gateway=gateway,
        router=ground.router,
        planner=planner,
        bus=bus,
        log=log,
        place=place,
        health=health,
        notices=NoticeWatch(board, agency.telling.ladder),
        api=create(services, lifespan),
    )
    desk.witnesses.append(app.notices.storing)
    return app


@contextlib.asynccontextmanager
async def running(app: Application) -> AsyncIterator[Application]:
    """Start the application and keep its clockwork going while the block lasts."""
    await app.start()
    thresholds = gc.get_threshold()
    # Looking through everything for cycles would hold up every request for some 0.2 s, again and
    # again: what is there now stays, and little of what comes is left to be found.
    gc.freeze()
    gc.set_threshold(*SEARCHES)
    recheck = live.recheck_forever(app.api.state.services)
    desk = [app.desk.run(), app.waves.run(), app.cordon.run(), app.outbox.run()]
    clockwork = [*desk, app.gateway.run(), app.health.run(), recheck]
    if isinstance(app.bus, RedisBus):
        clockwork.append(app.bus.run())
    work = [*clockwork, *(make() for make in app.background)]
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    for task in tasks:
        task.add_done_callback(_stop_on_failure)
    try:
        yield app
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for channel in app.channels:
            await channel.close()
        app.close()
        gc.set_threshold(*thresholds)
        gc.unfreeze()


class Server(uvicorn.Server):
    """Says when it is up, and says goodbye on the wire before it closes the sockets."""

    def __init__(
        self, config: uvicorn.Config, app: Application, started: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._app = app
        self._on_started = started

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Start, then tell whoever waits for it."""
        await super().startup(sockets)
        if self.started:
            self._on_started()

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        """Say that we are not ready, and when that is known tell every screen when to come back;
        then stop. A second signal does not wait."""
        self._app.health.draining = True
        left_s = self._app.settings.drain_s
        while left_s > 0 and not self.force_exit:
            await asyncio.sleep(min(left_s, DRAIN_LOOK_S))
            left_s -= DRAIN_LOOK_S
        for server in self.servers:
            server.close()
        await self._app.gateway.drain(GOODBYE_S)
        await super().shutdown(sockets)


def server_of(app: Application, started: Callable[[], None]) -> Server:
    """Return the HTTP server for an application; it calls `started` once it listens."""
    upgrade = functools.partial(live.Upgrade, app.api.state.services)
    config = uvicorn.Config(
        app.api,
        ws=cast("type[asyncio.Protocol]", upgrade),
        log_level="warning",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    return Server(config, app, started)


def start_logging(settings: Settings, agency: Agency, part: str) -> None:
    """Have this process say what happens, as the settings have it; `part` names it in each line."""
    logs.configure(settings.log_format, settings.log_level, agency=agency.id, part=part)


def metrics_of(app: Application) -> Iterable[Metric]:
    """Return the figures of an application as they are now."""
    parts = metrics.Parts(
        desk=app.desk,
        gateway=app.gateway,
        health=app.health,
        outbox=app.outbox,
        notices=app.notices,
    )
    return metrics.families(parts)


def expose(app: Application, port: int) -> None:
    """Have the application serve its metrics on this port while it runs; 0: not at all."""
    read, host = functools.partial(metrics_of, app), app.settings.metrics_host
    app.background.append(functools.partial(metrics.serve, host, port, read))


def planner_alone(settings: Settings, agency: Agency) -> FollowingPlanner:
    """Make a planner in a process of its own."""
    start_logging(settings, agency, "planner")
    return following_planner(settings.url, agency, settings.cache_dir)


def following_planner(url: str, agency: Agency, cache: Path) -> FollowingPlanner:
    """Make a planner that reads log and registry by itself; runs in the planner's process."""
    engine = open_engine(url)
    router = ground_of(agency.roads, agency.map.center, cache).router
    policy = MatchPolicy()
    asking = Asking(book=agency.book, model=agency.acceptance, zone=agency.timezone)
    kept: dict[str, Planner] = {}

    def refreshed() -> Planner:
        version = roster_version(engine)
        if version not in kept:
            kept.clear()
            roster = load_roster(engine)
            kept[version] = Planner(roster=roster, router=router, policy=policy, asking=asking)
        return kept[version]

    return FollowingPlanner(
        log=SqlEventLog(engine),
        board=Board(agency=agency.id, exercise=agency.exercise),
        refreshed=refreshed,
    )


def _stop_on_failure(task: asyncio.Task[None]) -> None:
    """A server whose clockwork has stopped must not look alive: end it, so that it is restarted."""
    if task.cancelled() or task.exception() is None:
        return
    logging.getLogger("dispatch").critical("clockwork failed", exc_info=task.exception())
    signal.raise_signal(signal.SIGTERM)


def _roads(ground: Ground) -> bytes:
    return gzip.compress(msgspec.json.encode(ground.features()), 6, mtime=0)


def _meta(agency: Agency, engine: sa.Engine, ground: Ground, *, bounded: bool) -> dict[str, Any]:
    """What both screens are told at start; see docs/reference/http.md."""
    return {
        "agency": {"id": agency.id, "names": {"zh": agency.name_zh, "en": agency.name_en}},
        "exercise": agency.exercise,
        "map": {
            "center": agency.map.center,
            "zoom": agency.map.zoom,
            "bounds": ground.bounds,
            "attribution": ground.attribution,
            "layers": described(agency.layers, ground.attribution),
        },
        "regions": [
            {"code": r.code, "parent": r.parent, "names": {"zh": r.name_zh, "en": r.name_en}}
            for r in catalogue.regions(engine)
        ],
        "skills": [
            {"code": s.code, "names": _names(s.names), "max_hazard": s.max_hazard}
            for s in taxonomy.SKILLS.values()
        ],
        "hazards": [
            {
                "code": g.hazard,
                "names": _names(g.names),
                "needs_safety_plan": g.hazard.rank >= 2,
            }
            for g in taxonomy.HAZARD_GATES.values()
        ],
        "incident_kinds": [
            {"code": k.code, "names": _names(k.names), "hazard": k.hazard}
            for k in taxonomy.INCIDENT_KINDS.values()
        ],
        "boundaries": bounded,
        "currency": agency.currency,
    }


def _names(names: taxonomy.Names) -> dict[str, str]:
    return {"zh": names.zh, "en": names.en}
