"""What the program needs beside machine and database: settings, agency, roads, pages, planner."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import httpx
import redis

from dispatch.agency import Agency, load_agency
from dispatch.app import planner_alone
from dispatch.doctor.finding import Finding, fail, ok, warn
from dispatch.errors import BadInput, DispatchError
from dispatch.geo.roads import RoadGraph
from dispatch.planner.process import ProcessPlanner
from dispatch.registry.engine import HEAD, open_engine, stored_revision
from dispatch.settings import Settings, unknown_variables

PAGES: Final = ("command/index.html", "phone/index.html", "locked/index.html", "phone-sw.js")
PLANNER_S: Final = 120.0
ROADS: Final = "dispatch roads import FILE.osm.pbf, and name the folder in the agency file"


def settings_named(settings: Settings) -> Iterator[Finding]:
    """Whether every variable of the environment that looks like ours is one."""
    unknown = unknown_variables()
    if unknown:
        yield warn(
            "settings",
            f"not known: {', '.join(unknown)}",
            "mend the names; docs/reference/settings.md lists them",
        )
    else:
        yield ok("settings", "can be used")


def agency(settings: Settings) -> Iterator[Finding]:
    """The agency file, its time zone and its roads."""
    try:
        found = load_agency(settings.agency_file, settings.map_keys)
    except BadInput as exc:
        yield fail("agency file", str(exc), "docs/reference/agency.md says what it holds")
        return
    kind = "everything is an exercise" if found.exercise else "REAL"
    yield ok("agency file", f"{found.id}, {found.name_en}, {kind}")
    local = datetime.now(UTC).astimezone(ZoneInfo(str(found.timezone)))
    zone = f"{found.timezone}: it is {local:%H:%M} there"
    if str(found.timezone) == "UTC":
        yield warn("time zone", zone, 'timezone = "..." in the agency file: night counts by it')
    else:
        yield ok("time zone", zone)
    yield from _roads(found)


def _roads(found: Agency) -> Iterator[Finding]:
    if found.roads is None:
        yield fail("roads", "none: the agency can be drilled but not served", ROADS)
        return
    try:
        graph = RoadGraph.load(found.roads)
    except (DispatchError, OSError, ValueError) as exc:
        yield fail("roads", f"{found.roads}: {exc}", ROADS)
        return
    yield ok("roads", f"{found.roads.name}, {len(graph.vertices):,} junctions")
    if importlib.util.find_spec("pyroutingkit") is None:
        yield warn(
            "router",
            "the fast one is not installed; the plain one answers more slowly",
            'pip install "dispatch[fast]" (Linux on x86-64)',
        )


def pages(settings: Settings) -> Iterator[Finding]:
    """The built front end."""
    missing = [name for name in PAGES if not (settings.web_dir / name).is_file()]
    if missing:
        yield fail("pages", f"{settings.web_dir} lacks {', '.join(missing)}", "make setup")
    else:
        yield ok("pages", str(settings.web_dir))


def bus(settings: Settings) -> Iterator[Finding]:
    """Redis, where workers ring each other."""
    if not settings.redis_url:
        if settings.workers > 1:
            yield warn(
                "redis",
                f"none, for {settings.workers} workers: what one writes shows up "
                "to two seconds later on the others",
                "set DISPATCH_REDIS_URL",
            )
        return
    try:
        with redis.Redis.from_url(
            settings.redis_url, socket_timeout=3, socket_connect_timeout=3
        ) as client:
            client.ping()
            version = client.info("server").get("redis_version", "?")
    except (redis.RedisError, ValueError, OSError) as exc:
        yield warn(
            "redis",
            f"does not answer ({type(exc).__name__}): everything works, up to two seconds later",
            "start Redis, or mend DISPATCH_REDIS_URL",
        )
    else:
        yield ok("redis", f"Redis {version} answers")


def carrier(settings: Settings) -> Iterator[Finding]:
    """The gateway for text messages and calls, and what phones are told to come back to."""
    if not settings.gateway_url:
        yield warn(
            "gateway",
            "none: people hear of an offer only by open pages, web push and chat",
            "set DISPATCH_GATEWAY_URL and DISPATCH_GATEWAY_SECRET",
        )
        return
    if not settings.gateway_secret:
        yield fail("gateway", "there is no secret to sign with", "set DISPATCH_GATEWAY_SECRET")
        return
    try:
        httpx.get(settings.gateway_url, timeout=5)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        yield fail(
            "gateway",
            f"does not answer ({type(exc).__name__}): no text messages, no calls",
            "start the adapter, or mend DISPATCH_GATEWAY_URL",
        )
    else:
        yield ok("gateway", "answers")
    if not settings.public_url.startswith("https://"):
        yield warn(
            "public address",
            f"links in messages lead to {settings.base_url}",
            "set DISPATCH_PUBLIC_URL to the https address that phones reach",
        )
    else:
        yield ok("public address", settings.public_url)


def planner(settings: Settings) -> Iterator[Finding]:
    """Start the planner as the server does, with the stored roster, and end it."""
    if not _ready(settings):
        yield ok("planner", "not tried: nothing of this program's schema is stored yet")
        return
    try:
        found = load_agency(settings.agency_file, settings.map_keys)
        took_s = asyncio.run(_started_s(settings, found))
    except (DispatchError, TimeoutError) as exc:
        yield fail(
            "planner",
            f"does not start: {exc or 'no answer in two minutes'}",
            "the log on stderr says why; it needs memory for the roster and roads",
        )
    else:
        yield ok("planner", f"started and has read the roster in {took_s:.1f} s")


def _ready(settings: Settings) -> bool:
    if not settings.database_url and not Path(settings.data_dir / "dispatch.db").exists():
        return False
    try:
        engine = open_engine(settings.url)
    except BadInput:
        return False
    try:
        return stored_revision(engine) == HEAD
    finally:
        engine.dispose()


async def _started_s(settings: Settings, found: Agency) -> float:
    began_s = time.perf_counter()
    one = ProcessPlanner(functools.partial(planner_alone, settings, found))
    try:
        async with asyncio.timeout(PLANNER_S):
            await one.start()
    finally:
        await asyncio.to_thread(one.close)
    return time.perf_counter() - began_s
