"""The machine: its disk, limits and ports."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx

from dispatch.doctor.finding import Finding, fail, ok, warn
from dispatch.errors import BadInput
from dispatch.settings import Settings
from dispatch.workers import listen

FREE_FAIL_BYTES: Final = 200_000_000
FREE_WARN_BYTES: Final = 2_000_000_000
SYNCS: Final = 15
SLOW_SYNC_S: Final = 0.05
SYNC_TOO_FAST_S: Final = 0.000_03
"""No disk answers in 30 microseconds; memory does."""
FILES_BESIDE: Final = 500
"""What a process has open beside its phones."""
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs", "devtmpfs"})
_REMOTE: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.s3fs"})


def data_folder(settings: Settings) -> Iterator[Finding]:
    """Whether the data folder can be written, has room, and keeps what it was given."""
    folder, name = settings.data_dir, "data folder"
    wanted = folder
    while not folder.exists():
        folder = folder.parent
    try:
        sync_s = _sync_s(folder)
    except OSError as exc:
        yield fail(
            name,
            f"{wanted}: {exc.strerror}",
            "set DISPATCH_DATA_DIR to a folder that the user of the server may write",
        )
        return
    yield ok(name, f"{wanted} can be written" if wanted == folder else f"{wanted} can be made")
    yield from _disk(folder, settings, sync_s)
    yield from _room(folder)
    yield from _modes(folder)


def _disk(folder: Path, settings: Settings, sync_s: float) -> Iterator[Finding]:
    kind, shown = file_system(folder), f"{sync_s * 1_000:.2f} ms until a write is on disk"
    holds_log = not settings.database_url
    if kind in _IN_MEMORY or sync_s < SYNC_TOO_FAST_S:
        level = fail if holds_log else warn
        yield level(
            "disk",
            f"{kind}, {shown}: this is memory, a power cut takes all of it",
            "put the data folder on a real disk",
        )
    elif kind in _REMOTE and holds_log:
        yield fail(
            "disk",
            f"{kind}: SQLite cannot keep its write-ahead log on a network folder",
            "use a local disk, or PostgreSQL by DISPATCH_DATABASE_URL",
        )
    elif kind == "overlay" and holds_log:
        yield warn(
            "disk",
            "overlay: a container's own layer goes with the container",
            "mount a volume for the data folder",
        )
    elif sync_s > SLOW_SYNC_S and holds_log:
        yield warn(
            "disk",
            f"{kind}, {shown}: every answer waits for it",
            "use a faster disk (an SSD takes 1 to 5 ms)",
        )
    else:
        yield ok("disk", f"{kind}, {shown}")


def _room(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    shown, advice = f"{free / 1e9:.1f} GB free", "make room, or move the data folder"
    if free < FREE_FAIL_BYTES:
        yield fail("free space", shown, advice)
    elif free < FREE_WARN_BYTES:
        yield warn("free space", shown, advice)
    else:
        yield ok("free space", shown)


def _modes(folder: Path) -> Iterator[Finding]:
    loose = [p.name for p in folder.glob("dispatch.db*") if p.stat().st_mode & 0o077]
    if loose:
        yield warn(
            "file modes",
            f"others may read {', '.join(sorted(loose))}: personal data",
            f"chmod 600 {folder}/dispatch.db*",
        )


def _sync_s(folder: Path) -> float:
    """The median time of a small write until it is on disk."""
    with tempfile.TemporaryFile(dir=folder) as file:
        times = []
        for _ in range(SYNCS):
            began_s = time.perf_counter()
            file.write(b"x" * 4_096)
            file.flush()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began_s)
    return statistics.median(times)


def file_system(folder: Path) -> str:
    """Return the kind of file system a folder is on, "?" where that cannot be known."""
    found, best = "?", -1
    resolved = folder.resolve()
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return found
    for line in mounts:
        _, where, kind, *_ = line.split()
        place = Path(where.encode().decode("unicode_escape"))
        if resolved.is_relative_to(place) and len(place.parts) > best:
            found, best = kind, len(place.parts)
    return found


def open_files(settings: Settings, phones: int) -> Iterator[Finding]:
    """Whether each worker may hold its share of the phones."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = phones // settings.workers + FILES_BESIDE
    if hard != resource.RLIM_INFINITY and hard < wanted:
        yield fail(
            "open files",
            f"at most {hard}, {phones} phones on {settings.workers} worker(s) need {wanted}",
            f"LimitNOFILE={wanted} in the systemd unit, or ulimit -n",
        )
    else:
        yield ok("open files", f"enough for {phones} phones on {settings.workers} worker(s)")


def ports(settings: Settings) -> Iterator[Finding]:
    """Whether the server can listen, or already does."""
    shown = f"{settings.host} port {settings.port}"
    try:
        listen(settings).close()
    except BadInput as exc:
        if _answers(settings):
            yield ok("port", f"a server answers on {shown}")
        else:
            yield fail("port", str(exc), "stop what listens there, or set DISPATCH_PORT")
    else:
        yield ok("port", f"{shown} is free")
    if settings.host not in ("127.0.0.1", "::1", "localhost"):
        yield warn(
            "exposure",
            f"{settings.host} is reachable from outside without TLS",
            "listen on 127.0.0.1 and let a proxy with TLS in front",
        )
    yield from _metrics(settings)


def _metrics(settings: Settings) -> Iterator[Finding]:
    if not settings.metrics_port:
        yield warn(
            "metrics",
            "off: nobody is told when something goes wrong",
            "set DISPATCH_METRICS_PORT and point Prometheus at it",
        )
        return
    last = settings.metrics_port + (settings.workers if settings.workers > 1 else 0)
    taken = [p for p in range(settings.metrics_port, last + 1) if _taken(settings.metrics_host, p)]
    shown = f"{settings.metrics_host} port {settings.metrics_port}"
    shown += f" to {last}" if last > settings.metrics_port else ""
    if taken and not _answers(settings):
        yield warn(
            "metrics",
            f"{shown}: {', '.join(map(str, taken))} taken by something else",
            "set DISPATCH_METRICS_PORT to another one",
        )
    else:
        yield ok("metrics", shown)


def _taken(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _answers(settings: Settings) -> bool:
    """Whether what listens is one of us."""
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host
    host = f"[{host}]" if ":" in host else host
    try:
        answer = httpx.get(f"http://{host}:{settings.port}/healthz", timeout=5)
        return "status" in answer.json()
    except (httpx.HTTPError, ValueError):
        return False
