"""A store with people and an operation in it, on either database."""

from __future__ import annotations

import asyncio
from pathlib import Path

import sqlalchemy as sa

from dispatch import actions as act
from dispatch.app import open_store
from dispatch.eventlog import SqlEventLog
from dispatch.model import ActionId, AgencyId
from dispatch.settings import Settings
from tests.play import COMMANDER, Play, volunteer
from tests.town import make_town

AGENCY = AgencyId("coquimbo")
PEOPLE = 60


def made(folder: Path, database_url: str = "") -> Settings:
    """Return the settings of a store with PEOPLE volunteers or a few more, and a log."""
    settings = make_town(folder, PEOPLE, database_url=database_url)
    append(settings, operation())
    return settings


def only_a_log(folder: Path, database_url: str = "") -> Settings:
    """Return the settings of a store with a log and nobody."""
    settings = Settings(data_dir=folder, database_url=database_url, planner_process=False)
    append(settings, operation())
    return settings


def operation() -> Play:
    """A call that two people answered."""
    play = Play()
    need = play.need()
    first, second = play.offer(need.id, 1, 2)
    play.act(volunteer(1), act.AcceptOffer(offer_id=first.id))
    play.act(volunteer(2), act.AcceptOffer(offer_id=second.id))
    play.act(COMMANDER, act.AddNote(text="Two on their way", incident_id=need.incident_id))
    return play


def append(settings: Settings, play: Play) -> None:
    engine = open_store(settings)
    log = SqlEventLog(engine)
    digests = {ActionId(s.action_id): "d" for s in play.stored}
    asyncio.run(log.append(AGENCY, play.stored, 0, digests))
    log.close()
    engine.dispose()


def execute(settings: Settings, *statements: str) -> None:
    """Change what is stored, as a fault or a forger would."""
    engine = sa.create_engine(settings.url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()
