"""Real PostgreSQL and Redis servers in temporary folders, to use, freeze, kill and start again."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

START_S = 30.0
_NUMBERS = itertools.count(1)


def postgres_programs() -> Path | None:
    """The folder of initdb and postgres: Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


class Server:
    """A server process on a port of its own, with a folder that goes with it."""

    def __init__(self, name: str, place: Path | None = None) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"dispatch-{name}-", dir=place))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers.

        One that gives up is started again: what is left of a killed one may be in its way.
        """
        deadline = time.monotonic() + START_S
        while not self.answers():
            assert time.monotonic() < deadline, f"{self._command()[0]} does not answer"
            if self._process is None or self._process.poll() is not None:
                self._process = self._started()
            time.sleep(0.02)

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command(),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_other_user(),
        )

    def send(self, number: signal.Signals) -> None:
        """Send a signal: SIGSTOP freezes, SIGCONT goes on."""
        assert self._process is not None
        self._process.send_signal(number)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop all its processes, and let them go on after the block."""
        family = self.family()
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in family:
                os.kill(pid, signal.SIGCONT)

    def family(self) -> list[int]:
        """Its processes, itself first: the signals above reach only that one."""
        assert self._process is not None
        pid = self._process.pid
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def end(self, number: signal.Signals) -> None:
        """End it by a signal, and wait for the end; nothing when it does not run."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(START_S)
            self._process = None

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        self.end(signal.SIGKILL)

    def remove(self) -> None:
        """End it and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder)

    def answers(self) -> bool:
        raise NotImplementedError

    def _command(self) -> list[str]:
        raise NotImplementedError


class RedisServer(Server):
    """A Redis that keeps nothing."""

    def __init__(self) -> None:
        super().__init__("redis")
        self.url = f"redis://127.0.0.1:{self.port}/0"
        _hand_over(self.folder)

    def answers(self) -> bool:
        once = Retry(NoBackoff(), 0)
        with redis.Redis(port=self.port, socket_timeout=1, retry=once) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def _command(self) -> list[str]:
        keep_nothing = ["--save", "", "--appendonly", "no"]
        where = ["--port", str(self.port), "--bind", "127.0.0.1"]
        return ["redis-server", *where, *keep_nothing]


class PostgresServer(Server):
    """A PostgreSQL cluster; `fsync` False is for tests that cut no power."""

    def __init__(self, *, fsync: bool = False, place: Path | None = None) -> None:
        super().__init__("postgres", place)
        programs = postgres_programs()
        assert programs is not None
        self._programs, self._fsync = programs, fsync
        self.migrated = "template1"
        _hand_over(self.folder)
        initdb = [str(programs / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust"]
        subprocess.run(
            [*initdb, "-E", "UTF8", "--locale=C", "--no-sync"],
            cwd=self.folder,
            check=True,
            stdout=subprocess.DEVNULL,
            **_other_user(),
        )

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def database(self, template: str | None = None) -> str:
        """Make a database as a copy of `template`, of `migrated` by default; return its address."""
        name = f"test_{next(_NUMBERS)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(
                f'CREATE DATABASE "{name}" TEMPLATE "{template or self.migrated}"'.encode()
            )
        return self.url(name)

    def restart(self) -> None:
        """What `pg_ctl restart -m immediate` does: every connection breaks, the log is replayed."""
        self.end(signal.SIGQUIT)
        self.start()

    def remove(self) -> None:
        """End it at once, children too, and remove its folder."""
        self.end(signal.SIGQUIT)
        super().remove()

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _command(self) -> list[str]:
        here = ["-D", str(self._data), "-p", str(self.port), "-k", str(self.folder)]
        options = ["-c", "listen_addresses=127.0.0.1", "-c", f"fsync={self._fsync}"]
        return [str(self._programs / "postgres"), *here, *options]


def _other_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root; each server leads a process group of its own."""
    if os.geteuid() != 0:
        return {"process_group": 0}
    user = _unprivileged()
    groups: list[int] = []
    return {"process_group": 0, "user": user.pw_uid, "group": user.pw_gid, "extra_groups": groups}


def _hand_over(folder: Path) -> None:
    if os.geteuid() == 0:
        user = _unprivileged()
        os.chown(folder, user.pw_uid, user.pw_gid)


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("no user to run a server as")


def free_port() -> int:
    """A port that nobody is given by chance while its server is down: the kernel hands out higher
    ones."""
    while True:
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", random.randrange(10_000, 32_000)))
            return int(s.getsockname()[1])
