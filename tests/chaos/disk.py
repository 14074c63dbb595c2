"""A small disk that can be full: a file system in memory when we may mount one (root), else a
limit on how long the files of some processes may grow."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MB = 1_000_000


class SmallDisk:
    """A folder on a disk that `fill` leaves no byte of, until `free`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stuffing = folder / "stuffing"

    def fill(self) -> None:
        with self._stuffing.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            for piece in (MB, 1_024, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(piece)) == piece:
                        pass

    def free(self) -> None:
        self._stuffing.unlink(missing_ok=True)


class LimitedFiles(SmallDisk):
    """The nearest to a full disk without being root: no file of these processes grows."""

    def __init__(self, folder: Path, processes: Callable[[], list[int]]) -> None:
        super().__init__(folder)
        self._processes = processes

    def fill(self) -> None:
        self._limit(1)

    def free(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


@contextmanager
def small_disk(folder: Path, size: int, processes: Callable[[], list[int]]) -> Iterator[SmallDisk]:
    """A folder on a disk of `size` bytes, or with files that the processes cannot make longer."""
    folder.mkdir()
    if not _mounted(folder, size):
        yield LimitedFiles(folder, processes)
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _mounted(folder: Path, size: int) -> bool:
    if os.geteuid() != 0:
        return False
    options = ["-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)]
    return (
        subprocess.run(["mount", *options], stderr=subprocess.DEVNULL, check=False).returncode == 0
    )
