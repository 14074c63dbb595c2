"""The demo: an invented county on real roads, with three phones for you and a crowd that lives."""

from __future__ import annotations

import contextlib
import csv
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from dispatch import actions as act
from dispatch.agency import Agency
from dispatch.app import Application
from dispatch.drills.carrier import Carrier
from dispatch.drills.volunteers import Crowd, Habits
from dispatch.errors import BadInput, PlannerUnavailable, Rejected, SolverFailed
from dispatch.model import (
    ActionId,
    Actor,
    Fix,
    HazardClass,
    Heads,
    IncidentId,
    RegionCode,
    Role,
    SafetyPlan,
    Severity,
    Site,
    Skill,
    VolunteerId,
)
from dispatch.ports import Clock
from dispatch.registry.catalogue import Team, add_teams
from dispatch.registry.contacts import contacts
from dispatch.registry.generator import Recipe, Settlement, generate
from dispatch.registry.roster_csv import import_roster
from dispatch.registry.tables import volunteer
from dispatch.settings import Settings

SEED: Final = 20_250_916
COMMANDER: Final = Actor(role=Role.COMMANDER, id="demo")
PHONES: Final = ("DEMO-1", "DEMO-2", "DEMO-3")
TEAM: Final = "演示手机 Demo phones"
"""As phones.csv names it."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An incident with one need that the demo begins with."""

    incident: act.OpenIncident
    skill: str
    heads: Heads
    hours: float


def read_settlements(path: Path, agency: Agency) -> tuple[Settlement, ...]:
    """Return the settlements of a CSV file with lon, lat, population, radius_m, town and street.

    `town` is the English name of one of the agency's regions.

    Raises:
        BadInput: the file cannot be read, or a line cannot; says which.
    """
    codes = {region.name_en: region.code for region in agency.regions}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as exc:
        raise BadInput(f"cannot read {path}: {exc}") from None
    return tuple(_settlement(path, line, row, codes) for line, row in enumerate(rows, start=2))


def make_roster(
    engine: sa.Engine,
    agency: Agency,
    folder: Path,
    volunteers: int,
    clock: Clock,
    progress: Progress,
) -> None:
    """Fill an empty registry with the invented county and the three demo phones.

    Raises:
        BadInput: the scenario's files cannot be used.
    """
    now = clock.now()
    with engine.connect() as connection:
        if connection.execute(sa.select(volunteer.c.id).limit(1)).scalar() is not None:
            return
    recipe = Recipe(
        settlements=read_settlements(folder / "settlements.csv", agency),
        regions=agency.regions,
        volunteers=volunteers,
        teams=max(1, round(volunteers * 176 / 54_393)),
        currency=agency.currency,
    )
    generate(engine, recipe, now, SEED, progress)
    with engine.begin() as connection:
        add_teams(connection, [_own_team(recipe)])
    report = import_roster(engine, folder / "phones.csv", now)
    if report.problems:
        raise BadInput(f"{folder / 'phones.csv'}: {report.problems[0]}")


def _own_team(recipe: Recipe) -> Team:
    """The team of the three phones, so that a reach test can go to them alone."""
    region = recipe.regions[-1].code
    return Team(id=recipe.teams + 1, name=TEAM, region=region, level=0)


def phones(engine: sa.Engine) -> dict[str, VolunteerId]:
    """Return the demo phones' volunteer ids by number."""
    query = sa.select(volunteer.c.number, volunteer.c.id).where(volunteer.c.number.in_(PHONES))
    with engine.connect() as connection:
        return {number: VolunteerId(i) for number, i in connection.execute(query.order_by("id"))}


async def begin(app: Application, people: dict[str, VolunteerId]) -> None:
    """Put the phones on duty and open two incidents, once in the life of this log.

    The phones are not available until their people say so: nobody asks an empty chair.
    """
    for number, person in people.items():
        await _check_in(app, number, person)
    for n, opening in enumerate(_openings()):
        await _open(app, n, opening)
    # A county too small to help, or a planner that is still starting, is no reason to stop.
    with contextlib.suppress(Rejected, PlannerUnavailable, SolverFailed):
        plan = await app.desk.act(COMMANDER, ActionId("demo/plan"), act.MakePlan())
        dispatch = act.DispatchPlan(plan_id=plan.ids["plan"])
        await app.desk.act(COMMANDER, ActionId("demo/dispatch"), dispatch)


def with_carrier(settings: Settings) -> Settings:
    """Return settings whose gateway is the simulator beside the demo, whatever they said: nobody
    real is told of an invented flood."""
    port = settings.carrier_port or settings.port + 1
    return settings.model_copy(
        update={
            "carrier_port": port,
            "gateway_url": f"http://{settings.host}:{port}",
            "gateway_secret": secrets.token_hex(32),
        }
    )


def carrier_of(app: Application, people: dict[str, VolunteerId]) -> Carrier:
    """Return the carrier of an application whose settings are `with_carrier`: the demo phones stand
    first in its inbox."""
    known = contacts(app.engine, people.values())
    names = {known[person].phone: number for number, person in people.items()}
    return Carrier(secret=app.settings.gateway_secret.encode(), clock=app.clock, names=names)


def crowd_of(app: Application, people: dict[str, VolunteerId], pace: float) -> Crowd:
    """Return everybody but the demo phones, ready to live."""
    return Crowd(
        desk=app.desk,
        router=app.router,
        clock=app.clock,
        moved=app.gateway.moved,
        seed=SEED,
        habits=Habits(pace=pace),
        real=frozenset(people.values()),
    )


def _settlement(
    path: Path, line: int, row: dict[str, str], codes: dict[str, RegionCode]
) -> Settlement:
    try:
        return Settlement(
            lon=float(row["lon"]),
            lat=float(row["lat"]),
            population=int(row["population"]),
            radius_m=float(row["radius_m"]),
            region=codes[row["town"]],
            name=row["street"],
        )
    except (KeyError, ValueError) as exc:
        raise BadInput(f"{path} line {line}: {exc}") from None


async def _check_in(app: Application, number: str, person: VolunteerId) -> None:
    home = app.desk.rows([person])
    fix = Fix(
        lon=float(home.lon[0]), lat=float(home.lat[0]), accuracy_m=20, taken_at=app.clock.now()
    )
    if not app.desk.board.person(person).on_duty:
        check_in = act.CheckIn(volunteer_id=person, fix=fix)
        key = ActionId(f"demo/duty/{number}/{app.desk.board.seq}")
        await app.desk.act(COMMANDER, key, check_in)


async def _open(app: Application, n: int, opening: Opening) -> None:
    desk, now = app.desk, app.clock.now()
    opened = await desk.act(COMMANDER, ActionId(f"demo/incident/{n}"), opening.incident)
    incident = IncidentId(opened.ids["incident"])
    if desk.board.needs_of[incident]:
        return
    need = act.AddNeed(
        incident_id=incident,
        skill=Skill(opening.skill),
        heads=opening.heads,
        deadline_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=opening.hours),
        reach_s=2_700,
        verified=True,
        risk_assessment="夜间，道路湿滑，水深不足半米。 Night, wet roads, shallow water.",
        safety_plan=SafetyPlan(
            owner="李队 (demo)",
            measures="两人一组，反光背心，头灯。 Buddy pairs, reflective vests, headlamps.",
        ),
        note="带雨靴和手套。 Bring rubber boots and gloves.",
        publish=True,
    )
    await desk.act(COMMANDER, ActionId(f"demo/need/{n}"), need)


def _openings() -> tuple[Opening, ...]:
    return (
        Opening(
            incident=act.OpenIncident(
                incident_kind="flood",
                title="埃尔基河漫堤，转移沙袋 / Elqui river over its bank, sandbags",
                site=Site(lon=-71.2468, lat=-29.8935, name="Puente Libertador"),
                region=RegionCode("04101"),
                severity=Severity.II,
                hazard=HazardClass.H2,
            ),
            skill="LOG",
            heads=Heads(minimum=6, desired=12, maximum=14),
            hours=6,
        ),
        Opening(
            incident=act.OpenIncident(
                incident_kind="shelter",
                title="科金博港口安置点 / Shelter at the port of Coquimbo",
                site=Site(lon=-71.3360, lat=-29.9640, name="Coliseo de Coquimbo"),
                region=RegionCode("04102"),
                severity=Severity.III,
                hazard=HazardClass.H1,
            ),
            skill="CARE",
            heads=Heads(minimum=3, desired=6, maximum=8),
            hours=8,
        ),
    )
