"""Processes that a benchmark starts, tells what to do by a line and hears from by a line."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from dispatch.settings import ROOT

LONGEST: Final = 2**26
"""Bytes of a line: one may hold a figure for each of many thousand phones."""


class Child:
    """A process that does what it is told."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def tell(self, command: str) -> dict[str, Any]:
        """Send a command; return its answer."""
        self.send(command)
        return await self.answer()

    def send(self, command: str) -> None:
        """Send a command whose answer is fetched later."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())

    async def answer(self) -> dict[str, Any]:
        """Read one line.

        Raises:
            EOFError: it has ended.
        """
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise EOFError("the process has ended")
        read: dict[str, Any] = json.loads(line)
        return read


@asynccontextmanager
async def child(module: str, *arguments: object, loud: bool = True) -> AsyncIterator[Child]:
    """Run a module of ours while the block lasts; a quiet one's errors are not shown."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"benchmarks.live.{module}", *map(str, arguments),
        cwd=ROOT, limit=LONGEST, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=None if loud else subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield Child(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def pss_kib(process: int | str = "self") -> int:
    """Return the memory of a process, what it shares with others counted in part."""
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{process}/smaps_rollup").read_text(), re.M)
    assert found is not None
    return int(found[1])
