"""`dispatch team`: what a team's people share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from dispatch.agency import Agency
from dispatch.alerts.channels.chat import is_address
from dispatch.app import open_store
from dispatch.errors import BadInput
from dispatch.registry import catalogue, contacts
from dispatch.settings import Settings

Command = Callable[..., argparse.ArgumentParser]
Run = Callable[[argparse.Namespace, Settings, Agency], int]


def add(commands: Any, command: Command, with_agency: Callable[[Run], Any]) -> None:
    """Add the command to the command line."""
    teams = commands.add_parser("team", help="the teams of volunteers")
    chat = command(
        teams.add_subparsers(required=True, metavar="WHAT"),
        "chat",
        with_agency(_chat),
        "say which group chat hears that a team's people are asked",
        "The address is one of Apprise (https://appriseit.com/services); the group hears of a "
        "need once, without names. Without an address it hears nothing any more.",
    )
    chat.add_argument("name", help="the team's name, as in the roster")
    chat.add_argument("address", nargs="?", default="", metavar="URL")


def _chat(arguments: argparse.Namespace, settings: Settings, agency: Agency) -> int:
    if arguments.address and not is_address(arguments.address):
        raise BadInput("that is no address of a chat that Apprise knows")
    engine = open_store(settings)
    try:
        named = {team.name: team.id for team in catalogue.teams(engine)}
        if arguments.name not in named:
            raise BadInput(f"no team is called {arguments.name!r}")
        contacts.set_group(engine, named[arguments.name], arguments.address)
    finally:
        engine.dispose()
    print(f"{arguments.name}: {'told in its chat' if arguments.address else 'has no chat'}")
    return 0
