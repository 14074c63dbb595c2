"""Several equal workers on one port, and who looks after them.

Each worker is a server of its own with its own SO_REUSEPORT socket; the kernel spreads connections
over them. The supervisor starts them, starts dead or stuck ones again, holds the one planner they
share, and when it is told to end lets them finish first. A worker whose supervisor died ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import multiprocessing
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from typing import Final

from prometheus_client.core import Metric
from sqlalchemy import make_url

from dispatch import metrics
from dispatch.agency import Agency
from dispatch.app import (
    add_regions,
    build,
    expose,
    open_store,
    planner_alone,
    server_of,
    start_logging,
)
from dispatch.errors import BadInput
from dispatch.planner.process import ProcessPlanner
from dispatch.planner.shared import SharedPlanner, answer
from dispatch.settings import Settings

REST_S: Final = 0.25
REST_MOST_S: Final = 5.0
"""A worker that died at once is started again after REST_S, then after twice as long each time."""
STEADY_S: Final = 30.0
END_S: Final = 30.0

Announce = Callable[[], None]

_log = logging.getLogger("dispatch")


def allow_many_sockets() -> None:
    """Take as many open files as this process may: every phone is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def listen(
    settings: Settings, *, shared: bool = False, port: int | None = None, named: str = "PORT"
) -> socket.socket:
    """Return a socket bound to the address, if `shared` one of several on the same port; on another
    `port` than the server's it is the one that setting `named` gives.

    Raises:
        BadInput: the address is taken or is not ours.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((settings.host, port or settings.port))
    except OSError as exc:
        listener.close()
        raise BadInput(
            f"cannot listen on {settings.host} port {port or settings.port}: {exc.strerror}; "
            f"set DISPATCH_{named} to another one"
        ) from None
    return listener


async def supervise(settings: Settings, agency: Agency, announce: Announce) -> int:
    """Run `settings.workers` workers until SIGTERM or SIGINT; return the exit code.

    `announce` is called once, when the first worker is up.

    Raises:
        BadInput: a setting, file or database cannot be used.
        PlannerUnavailable: the planner does not start.
    """
    if make_url(settings.url).get_backend_name() != "postgresql":
        raise BadInput(
            f"setting DISPATCH_WORKERS: {settings.workers} workers need PostgreSQL; "
            "set DISPATCH_DATABASE_URL"
        )
    listen(settings).close()
    with listen(settings, shared=True):
        engine = open_store(settings)
        add_regions(engine, agency)
        engine.dispose()
        planner = ProcessPlanner(functools.partial(planner_alone, settings, agency))
        try:
            await planner.start()
            await _Supervisor(settings, agency, planner, announce).run()
        finally:
            planner.close()
    return 0


class _Supervisor:
    def __init__(
        self, settings: Settings, agency: Agency, planner: ProcessPlanner, announce: Announce
    ) -> None:
        self._settings, self._agency = settings, agency
        self._planner = planner
        self._announce: Announce | None = announce
        self._processes: dict[int, BaseProcess] = {}
        self._stopping = asyncio.Event()
        self._ended = 0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        host, port = self._settings.metrics_host, self._settings.metrics_port
        exposing = asyncio.create_task(metrics.serve(host, port, self._families))
        try:
            await asyncio.gather(*(self._keep(n) for n in range(self._settings.workers)))
        finally:
            exposing.cancel()
            await asyncio.gather(exposing, return_exceptions=True)

    def _families(self) -> Iterator[Metric]:
        running = sum(process.is_alive() for process in self._processes.values())
        return metrics.supervisor_families(running, self._settings.workers, self._ended)

    def _stop(self) -> None:
        self._stopping.set()
        for process in self._processes.values():
            process.terminate()

    async def _keep(self, number: int) -> None:
        """Have a worker run, one after the other."""
        loop = asyncio.get_running_loop()
        rest_s = REST_S
        while not self._stopping.is_set():
            began = loop.time()
            code = await self._live(number)
            if self._stopping.is_set():
                return
            self._ended += 1
            rest_s = REST_S if loop.time() - began > STEADY_S else min(2 * rest_s, REST_MOST_S)
            _log.error("worker %d ended with %s; again in %.1f s", number, code, rest_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest_s):
                    await self._stopping.wait()

    async def _live(self, number: int) -> int | None:
        """Start a worker, answer its questions, and return its exit code when it has ended."""
        ours, theirs = socket.socketpair()
        process = multiprocessing.get_context("spawn").Process(
            target=work, args=(self._settings, self._agency, theirs, number)
        )
        process.start()
        theirs.close()
        self._processes[number] = process
        try:
            await answer(self._planner, ours, self._up)
            await asyncio.to_thread(process.join, END_S)
        except TimeoutError:
            _log.error("worker %d is stuck", number)
        finally:
            process.kill()
        await asyncio.to_thread(process.join)
        return process.exitcode

    def _up(self) -> None:
        announce, self._announce = self._announce, None
        if announce is not None:
            announce()


def work(settings: Settings, agency: Agency, end: socket.socket, number: int) -> None:
    """Be worker `number`, to the end of the process; `end` leads to the supervisor."""
    start_logging(settings, agency, f"worker-{number + 1}")
    sys.exit(asyncio.run(_serve(settings, agency, end, number)))


async def _serve(settings: Settings, agency: Agency, end: socket.socket, number: int) -> int:
    allow_many_sockets()
    planner = SharedPlanner(end)
    with listen(settings, shared=True) as listener:
        app = await build(settings, agency, planner=planner)
        app.background.append(planner.run)
        if settings.metrics_port:
            expose(app, settings.metrics_port + number + 1)
        server = server_of(app, started=lambda: None)
        await server.serve(sockets=[listener])
        return 0 if server.started else 2
