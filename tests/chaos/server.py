"""`dispatch serve` as real processes: to kill, to freeze, and to make say where they stand."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from dispatch.settings import ROOT, Settings

START_S = 240
END_S = 60
TAIL = 20_000
"""Characters of the log shown when something failed."""


class ServerProcess:
    """`dispatch serve` as an operator runs it, on a data folder and port of our own.

    What it and its children say is in `log`, the stacks that `dump` asks them for too.
    """

    def __init__(self, settings: Settings, **environment: str) -> None:
        self.base = f"http://127.0.0.1:{settings.port}"
        self.log = settings.data_dir.with_name(f"{settings.data_dir.name}-server.log")
        self._env = os.environ | {
            "DISPATCH_DATA_DIR": str(settings.data_dir),
            "DISPATCH_PORT": str(settings.port),
            "DISPATCH_DATABASE_URL": settings.database_url,
            "DISPATCH_REDIS_URL": settings.redis_url,
            "DISPATCH_WORKERS": str(settings.workers),
            "DISPATCH_METRICS_PORT": str(settings.metrics_port),
            "PYTHONFAULTHANDLER": "1",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start, and wait until it answers that it is ready."""
        self.spawn()
        assert self._process is not None
        async with asyncio.timeout(START_S), httpx.AsyncClient() as http:
            while True:
                assert self._process.poll() is None, f"the server ended by itself\n{self.said()}"
                with contextlib.suppress(httpx.HTTPError):
                    if (await http.get(f"{self.base}/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.05)

    def spawn(self) -> None:
        """Start, and wait for nothing."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dispatch", "serve"],
                cwd=ROOT,
                env=self._env,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it without a word; nothing when it has ended already."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> int:
        """Ask it to end, wait, and return the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(END_S)

    def workers(self) -> list[int]:
        """The ids of the workers that listen now; the server's own when it has none."""
        listening = _listening()
        found = [pid for pid in self.children() if _sockets(pid) & listening]
        return found or [self._pid] * bool(_sockets(self._pid) & listening)

    def planner(self) -> int | None:
        """The id of the planner's process, None while there is none."""
        others = set(self.children()) - set(self.workers())
        return next((pid for pid in others if b"spawn_main" in _command(pid)), None)

    def children(self) -> list[int]:
        """The ids of the processes under the server, in the order of their start."""
        return children(self._pid)

    def said(self) -> str:
        """The end of what the processes said."""
        if not self.log.exists():
            return ""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(x for x in lines if not x.startswith("Extension modules"))[-TAIL:]

    def dump(self) -> str:
        """End every process by a signal at which Python writes the stacks of all its threads;
        return what they said."""
        if self.running():
            for pid in [*reversed(self.children()), self._pid]:
                self._abort(pid)
        return self.said()

    def _abort(self, pid: int) -> None:
        """One after the other, so that what they write is not mixed up."""
        for number in (signal.SIGABRT, signal.SIGCONT):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + 5
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)

    @property
    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid


def children(pid: int) -> list[int]:
    """The ids of the processes that this one started."""
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _listening() -> set[str]:
    """The inodes of TCP sockets that listen."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {row[9] for row in rows if row[3] == "0A"}


def _sockets(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for path in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(os.readlink(path).removeprefix("socket:[").removesuffix("]"))
    return found
