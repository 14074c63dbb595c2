"""The roster out of a CSV file, by way of a throw-away registry: one parser for all rosters.

What rows refer to comes from a TOML file: `[[policy]]`, the insurance contracts, and `[[team]]`.
Region codes need no list of their own, they mean what their prefixes say.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from sqlalchemy import Engine, select

from dispatch.agency import read_toml
from dispatch.errors import BadInput
from dispatch.model import HazardClass, PolicyId, RegionCode, VolunteerId
from dispatch.registry import catalogue, tables
from dispatch.registry.engine import migrate, open_engine, reading, writing
from dispatch.registry.roster_csv import ImportReport, import_roster, named_regions
from dispatch.registry.snapshot import load_roster
from dispatch.roster import Roster

Sum = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _PolicyEntry(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A contract as written. What the file leaves out, it does not cover."""

    clause: Text
    insurer: Text
    valid_from_at: Instant
    valid_until_at: Instant
    hazards: frozenset[HazardClass]
    currency: Text
    territory: tuple[Annotated[RegionCode, msgspec.Meta(min_length=1)], ...] = ()
    exercises: bool = False
    travel: bool = False
    sudden_illness: bool = False
    asks_activation: bool = False
    accident_sum: Sum = 0
    medical_sum: Sum = 0
    sudden_death_sum: Sum = 0
    third_party_sum: Sum = 0
    limit_sum: Annotated[int, msgspec.Meta(ge=0, le=10**18)] | None = None
    paid_sum: Annotated[int, msgspec.Meta(ge=0, le=10**18)] = 0

    def __post_init__(self) -> None:
        if self.valid_from_at >= self.valid_until_at:
            raise ValueError("valid_from_at must lie before valid_until_at")


class _TeamEntry(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    name: Text
    region: Annotated[RegionCode, msgspec.Meta(min_length=1)]
    level: Annotated[int, msgspec.Meta(ge=0, le=3)] = 0


class RegistryFile(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The file as written: contracts and teams, in its order."""

    policy: tuple[_PolicyEntry, ...] = ()
    team: tuple[_TeamEntry, ...] = ()

    def contracts(self) -> Iterator[catalogue.Contract]:
        """Yield the contracts, numbered from 1."""
        for number, entry in enumerate(self.policy, start=1):
            yield catalogue.Contract(id=PolicyId(number), **msgspec.structs.asdict(entry))

    def teams(self) -> Iterator[catalogue.Team]:
        """Yield the teams, numbered from 1."""
        for number, entry in enumerate(self.team, start=1):
            yield catalogue.Team(id=number, **msgspec.structs.asdict(entry))


@dataclass(frozen=True, slots=True, eq=False)
class FileRoster:
    """A roster from files: its people, their numbers, and what the import left out."""

    people: Roster
    numbers: dict[VolunteerId, str]
    report: ImportReport


def read_registry(path: Path) -> RegistryFile:
    """Return the contracts and teams of a TOML file.

    Raises:
        BadInput: the file cannot be read, or an entry is wrong, unknown or there twice.
    """
    try:
        found = msgspec.convert(read_toml(path), RegistryFile)
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: {error}") from None
    _check_once(path, "policy clause", (entry.clause for entry in found.policy))
    _check_once(path, "team name", (entry.name for entry in found.team))
    return found


def read_roster(path: Path, refers_to: RegistryFile, now: datetime) -> FileRoster:
    """Return the people of a roster file at `now`; rows that cannot be read are in the report.

    Raises:
        BadInput: the file cannot be read or its header is not right, or a clause in `refers_to`
            is one that no roster could name.
    """
    with _throw_away_registry() as engine:
        codes = named_regions(path) | {entry.region for entry in refers_to.team}
        with writing(engine) as connection:
            catalogue.add_regions(connection, map(_region, sorted(codes)))
            catalogue.add_teams(connection, refers_to.teams())
            catalogue.add_contracts(connection, refers_to.contracts())
        report = import_roster(engine, path, now)
        return FileRoster(load_roster(engine), _numbers(engine), report)


@contextmanager
def _throw_away_registry() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory(prefix="dispatch-match-") as folder:
        engine = open_engine(f"sqlite:///{folder}/registry.db")
        try:
            migrate(engine)
            yield engine
        finally:
            engine.dispose()


def _numbers(engine: Engine) -> dict[VolunteerId, str]:
    people = tables.volunteer.c
    with reading(engine) as connection:
        found = connection.execute(select(people.id, people.number)).all()
    return {VolunteerId(row.id): row.number for row in found}


def _region(code: RegionCode) -> catalogue.Region:
    return catalogue.Region(code=code, parent=None, level=1, name_zh=code, name_en=code)


def _check_once(path: Path, what: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise BadInput(f"{path}: {what} {twice[0]} is there twice")
