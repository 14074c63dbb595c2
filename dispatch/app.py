"""The composition root: settings and agency file to adapters to a running application.

Nothing else wires parts together.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gzip
import logging
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI

from dispatch import taxonomy
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
from dispatch.board import Board
from dispatch.channels import OUTBOX, VAPID, inbox_of, link_to, open_channels, outbox_of
from dispatch.clock import SystemClock
from dispatch.cordon import Cordon
from dispatch.desk import Desk, PlannerPort
from dispatch.errors import BadInput, StoreUnavailable
from dispatch.eventlog import SqlEventLog
from dispatch.exchange.office import Place, place_of
from dispatch.geo.basemap import road_features
from dispatch.geo.closures import closure_features
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter
from dispatch.matching.policy import MatchPolicy
from dispatch.outbox import Outbox
from dispatch.planner.plan import Planner
from dispatch.planner.process import FollowingPlanner, ProcessPlanner
from dispatch.planner.round import Asking
from dispatch.planner.verdict import judge
from dispatch.ports import Channel, Clock
from dispatch.registry import catalogue, leases
from dispatch.registry.engine import migrate, open_engine, writing
from dispatch.registry.secrets import secret
from dispatch.registry.snapshot import load_roster, load_rows, roster_version
from dispatch.settings import Settings
from dispatch.waves import Waves

GOODBYE_S = 15
"""Screens come back after a random part of this."""


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
    router: RoadRouter
    planner: PlannerPort
    bus: MemoryBus | RedisBus
    log: SqlEventLog
    place: Place
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
    graph = RoadGraph.load(agency.roads)
    log = SqlEventLog(engine)
    policy = MatchPolicy()
    router = RoadRouter(graph, folder=settings.cache_dir)
    board = Board(agency=agency.id, exercise=agency.exercise)
    place = place_of(engine, *agency.map.center)
    if planner is None:
        planner_of = functools.partial(following_planner, settings.url, agency, settings.cache_dir)
        planner = ProcessPlanner(planner_of) if settings.planner_process else planner_of()
    bus = RedisBus(settings.redis_url) if settings.redis_url else MemoryBus()
    desk = Desk(
        agency=agency.id,
        log=log,
        bus=bus,
        clock=clock,
        planner=planner,
        judge=functools.partial(judge, router=router, policy=policy),
        rows=functools.partial(load_rows, engine),
        regions=place.regions,
        index=place.index,
        policy=policy,
        board=board,
        book=agency.book,
    )
    gateway = Gateway(board, await log.log_id(agency.id), clock)
    desk.listeners.append(gateway.applied)
    if channels is None:
        channels = open_channels(settings, agency, engine, clock, simulated=simulated)
    link_key = secret(engine, "answer-links", lambda: secrets.token_bytes(KEY_BYTES))
    services = Services(
        desk=desk,
        gateway=gateway,
        engine=engine,
        router=router,
        clock=clock,
        meta=_meta(agency, engine, graph, bounded=bool(place.index.codes)),
        closures=functools.partial(closure_features, graph, router.hazards),
        roads=functools.cache(functools.partial(_roads, graph)),
        layers=agency.layers,
        handoff=agency.handoff,
        web_dir=settings.web_dir,
        place=place,
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
        router=router,
        planner=planner,
        bus=bus,
        log=log,
        place=place,
        api=create(services, lifespan),
    )
    return app


@contextlib.asynccontextmanager
async def running(app: Application) -> AsyncIterator[Application]:
    """Start the application and keep its clockwork going while the block lasts."""
    await app.start()
    recheck = live.recheck_forever(app.api.state.services)
    desk = [app.desk.run(), app.waves.run(), app.cordon.run(), app.outbox.run()]
    clockwork = [*desk, app.gateway.run(), recheck]
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


class Server(uvicorn.Server):
    """Says when it is up, and says goodbye on the wire before it closes the sockets."""

    def __init__(
        self, config: uvicorn.Config, gateway: Gateway, started: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._gateway = gateway
        self._on_started = started

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Start, then tell whoever waits for it."""
        await super().startup(sockets)
        if self.started:
            self._on_started()

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        """Tell every screen when to come back, then stop."""
        for server in self.servers:
            server.close()
        await self._gateway.drain(GOODBYE_S)
        await super().shutdown(sockets)


def server_of(app: Application, started: Callable[[], None]) -> Server:
    """Return the HTTP server for an application; it calls `started` once it listens."""
    upgrade = functools.partial(live.Upgrade, app.api.state.services)
    config = uvicorn.Config(
        app.api,
        ws=cast("type[asyncio.Protocol]", upgrade),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    return Server(config, app.gateway, started)


def following_planner(url: str, agency: Agency, cache: Path) -> FollowingPlanner:
    """Make a planner that reads log and registry by itself; runs in the planner's process."""
    engine = open_engine(url)
    router = RoadRouter(RoadGraph.load(agency.roads), folder=cache)
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


def _roads(graph: RoadGraph) -> bytes:
    return gzip.compress(msgspec.json.encode(road_features(graph)), 6, mtime=0)


def _meta(agency: Agency, engine: sa.Engine, graph: RoadGraph, *, bounded: bool) -> dict[str, Any]:
    """What both screens are told at start; see docs/reference/http.md."""
    return {
        "agency": {"id": agency.id, "names": {"zh": agency.name_zh, "en": agency.name_en}},
        "exercise": agency.exercise,
        "map": {
            "center": agency.map.center,
            "zoom": agency.map.zoom,
            "bounds": graph.bounds,
            "attribution": graph.attribution,
            "layers": described(agency.layers, graph.attribution),
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
