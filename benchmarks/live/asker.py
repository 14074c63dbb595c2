"""Empty requests, one every 10 ms, until told otherwise.

`python -m benchmarks.live.asker PORT PATH COOKIE LINES` prints a line when it begins and, for each
line it reads, when each request since the last one began and how long it took.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from typing import Final

from benchmarks.live.lines import Line, line, request

EVERY_S: Final = 0.01


async def main(port: int, path: str, cookie: str, lines: int) -> None:
    """Ask over several connections in turn, which the kernel spreads over the workers."""
    took_s: list[tuple[float, float]] = []
    wanted = request(port, path, cookie)
    opened = [await line(port) for _ in range(lines)]
    for one in opened:
        await _ask(one, wanted, took_s)
    print(json.dumps({}), flush=True)
    asking = asyncio.create_task(_ask_on(opened, wanted, took_s))
    while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        print(json.dumps({"took_s": took_s}), flush=True)
        took_s.clear()
    asking.cancel()


async def _ask_on(opened: list[Line], wanted: bytes, took_s: list[tuple[float, float]]) -> None:
    """Ask whether or not the last answer has come, as other people would."""
    asked = dict[Line, asyncio.Task[None]]()
    for one in itertools.cycle(opened):
        if one not in asked or asked[one].done():
            asked[one] = asyncio.create_task(_ask(one, wanted, took_s))
        await asyncio.sleep(EVERY_S)


async def _ask(one: Line, wanted: bytes, took_s: list[tuple[float, float]]) -> None:
    began_s = time.monotonic()
    status, body = await one.ask(wanted)
    assert status == 200, body
    took_s.append((began_s, time.monotonic() - began_s))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
