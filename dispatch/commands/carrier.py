"""`dispatch carrier`: the carrier simulator by itself, for a server that is not the demo."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from typing import Any

from dispatch.clock import SystemClock
from dispatch.drills.carrier import Carrier, serve
from dispatch.errors import BadInput
from dispatch.settings import Settings
from dispatch.workers import listen

Command = Callable[..., argparse.ArgumentParser]


def add(commands: Any, command: Command, settings: Callable[[], Settings]) -> None:
    """Add the command to the command line."""
    run = command(
        commands,
        "carrier",
        lambda arguments: _carrier(arguments, settings()),
        "a carrier that reaches nobody: read and answer text messages and calls in a browser",
        "It speaks the protocol of docs/reference/gateway.md. A server uses it with the same "
        "DISPATCH_GATEWAY_SECRET and DISPATCH_GATEWAY_URL set to its address.",
    )
    run.add_argument("--port", type=int, metavar="N", help="where it listens (default: 8001)")
    run.add_argument(
        "--delay",
        type=float,
        default=1.0,
        metavar="S",
        help="seconds until it reports a message as delivered (default: 1)",
    )


def _carrier(arguments: argparse.Namespace, settings: Settings) -> int:
    if not settings.gateway_secret:
        raise BadInput("setting DISPATCH_GATEWAY_SECRET: the server and its carrier share a secret")
    port = arguments.port or settings.carrier_port or settings.port + 1
    carrier = Carrier(
        secret=settings.gateway_secret.encode(), clock=SystemClock(), delay_s=arguments.delay
    )
    with listen(settings, port=port, named="CARRIER_PORT") as listener:
        print(f"\n  Messages    http://{settings.host}:{port}/\n  Stop with Ctrl-C.\n", flush=True)
        asyncio.run(serve(carrier, listener))
    return 0
