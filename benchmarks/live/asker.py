"""Empty requests, one every 10 ms, until the input ends: `python -m benchmarks.live.asker PORT`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time

import httpx


async def main() -> None:
    """Print a line when it begins and, at the end, how long each request took."""
    took_s: list[float] = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{sys.argv[1]}") as http:
        await http.get("/empty")
        print("ready", flush=True)
        asking = asyncio.create_task(_ask(http, took_s))
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
    print(json.dumps(took_s))


async def _ask(http: httpx.AsyncClient, took_s: list[float]) -> None:
    while True:
        began = time.monotonic()
        await http.get("/empty")
        took_s.append(time.monotonic() - began)
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main())
