"""A county in which many people have just been asked and may come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dispatch import actions as act
from dispatch.agency import load_agency
from dispatch.app import Application, build, open_store
from dispatch.clock import SystemClock
from dispatch.drills import demo
from dispatch.matching.eligibility import Stage
from dispatch.model import (
    ActionId,
    Actor,
    HazardClass,
    Heads,
    NeedId,
    OfferId,
    RegionCode,
    Role,
    SafetyPlan,
    Severity,
    Site,
    Skill,
    VolunteerId,
)
from dispatch.registry.snapshot import load_roster
from dispatch.settings import Settings

NEEDS = 20
COMMANDER = Actor(role=Role.COMMANDER, id="bench")

Asked = tuple[VolunteerId, OfferId]


async def asked(settings: Settings, volunteers: int, most: int) -> list[Asked]:
    """Make a county, open needs and ask people who may come; return the open offers."""
    agency = load_agency(settings.agency_file)
    engine = open_store(settings)
    home = settings.agency_file.parent
    demo.make_roster(engine, agency, home, volunteers, SystemClock(), lambda *_: None)
    engine.dispose()
    app = await build(settings, agency)
    await app.desk.start()
    needs = [await _need(app, n) for n in range(NEEDS)]
    people = (await _eligible(app, needs[0]))[:most]
    offers: list[Asked] = []
    for n, need_id in enumerate(needs):
        chosen = tuple(people[n::NEEDS])
        make = act.MakeOffer(need_id=need_id, volunteer_ids=chosen)
        made = await app.desk.act(COMMANDER, ActionId(f"bench/offers-{n}"), make)
        offers += zip(chosen, made.ids["offers"], strict=True)
    app.close()
    return offers


async def _need(app: Application, n: int) -> NeedId:
    opened = await app.desk.act(
        COMMANDER,
        ActionId(f"bench/incident-{n}"),
        act.OpenIncident(
            incident_kind="medical",
            title="Bench",
            site=Site(lon=-71.25, lat=-29.9),
            region=RegionCode(app.agency.regions[-1].code),
            severity=Severity.IV,
            hazard=HazardClass.H0,
        ),
    )
    now = datetime.now(UTC)
    added = await app.desk.act(
        COMMANDER,
        ActionId(f"bench/need-{n}"),
        act.AddNeed(
            incident_id=opened.ids["incident"],
            skill=Skill("LOG"),
            hazard=HazardClass.H0,
            heads=Heads(minimum=1, desired=1_000, maximum=1_000),
            deadline_at=now + timedelta(hours=20),
            ends_at=now + timedelta(hours=22),
            verified=True,
            risk_assessment="dry",
            safety_plan=SafetyPlan(owner="Li", measures="vests"),
            publish=True,
        ),
    )
    return NeedId(added.ids["need"])


async def _eligible(app: Application, need_id: NeedId) -> list[VolunteerId]:
    everybody = [VolunteerId(int(v)) for v in load_roster(app.engine).ids]
    desk, pairs = app.desk, [(need_id, v) for v in everybody]
    rows = desk.rows(everybody)
    verdicts = desk.judge(desk.board, rows, pairs, app.clock.now(), Stage.OFFER, {})
    return [v for _, v in pairs if not verdicts[need_id, v].reasons]
