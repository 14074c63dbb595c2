"""A small invented town with a bad morning, for the simulation: drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from dispatch.agency import Agency, MapFrame
from dispatch.alerts.ladder import DEFAULT, Limits, Telling
from dispatch.drills.people import roster_of
from dispatch.drills.scenario import model as it
from dispatch.geo.layers import ROADS_ALONE
from dispatch.matching.acceptance import model_of, plain_model, preset
from dispatch.matching.alerting.book import AlertBook
from dispatch.model import (
    AgencyId,
    HazardClass,
    Heads,
    Rain,
    RegionCode,
    SafetyPlan,
    Severity,
    Site,
    Skill,
    ZoneForm,
    ZoneKind,
)
from dispatch.registry.catalogue import Region
from dispatch.registry.population import Settlement
from dispatch.roster import Roster
from dispatch.taxonomy import Names

PEOPLE: Final = 240
HOURS: Final = 2.0
STARTS_AT: Final = datetime(2026, 7, 20, 1, 0, tzinfo=UTC)
LON, LAT = 125.74, 42.28
REGION: Final = RegionCode("999901")
_SYNTHESIS: Final = it.Provenance(
    fact=it.Fact.SYNTHESIS, placed=it.Placed.SYNTHESIS, source="the simulation"
)
_KINDS: Final = (("flood", HazardClass.H1), ("shelter", HazardClass.H0), ("dike", HazardClass.H2))
_SKILLS: Final = tuple(map(Skill, ("LOG", "TRAF", "GUIDE", "COOK", "CARE", "MED-1")))
_SIZE: Final = 0.06


@lru_cache(maxsize=1)
def townspeople() -> Roster:
    """Return the people of the town; they are the same whatever the seed."""
    return roster_of(town(0))


def town(seed: int, hours: float = HOURS) -> it.Scenario:
    """Return the town with what happens to it under this seed."""
    luck = random.Random(f"town/{seed}")
    length_s = round(3_600 * hours)
    timeline = sorted(_timeline(luck, length_s), key=lambda inject: inject.at_s)
    return it.Scenario(
        id="simulation",
        names=Names("模拟", "Simulation"),
        folder=Path(),
        digest=f"town/{seed}",
        clock=it.DrillClock(starts_at=STARTS_AT, length_s=length_s, timezone=ZoneInfo("UTC")),
        agency_file=Path(),
        agency=_agency(),
        area=_square(LON, LAT, 0.5),
        roster=it.RosterRecipe(
            people=PEOPLE,
            registered=PEOPLE,
            teams=6,
            seed=1,
            settlements=(
                Settlement(
                    lon=LON, lat=LAT, population=900, radius_m=3_000, region=REGION, name="town"
                ),
            ),
            cover={
                HazardClass.H1: 0.9,
                HazardClass.H2: 0.7,
                HazardClass.H3: 0.4,
                HazardClass.H4: 0.2,
            },
            provenance=_SYNTHESIS,
        ),
        weather=_weather(luck, length_s),
        timeline=tuple(timeline),
        units=(),
        scoring=it.Scoring(severity=it.SEVERITY_WEIGHTS, recall_s=1_800, grace_s=0),
    )


def _agency() -> Agency:
    return Agency(
        id=AgencyId("simulation"),
        name_zh="模拟",
        name_en="Simulation",
        exercise=True,
        currency="CNY",
        roads=None,
        map=MapFrame(center=(LON, LAT), zoom=11),
        layers=(ROADS_ALONE,),
        handoff=(),
        regions=(Region(code=REGION, parent=None, level=3, name_zh="模拟", name_en="Simulation"),),
        timezone=ZoneInfo("UTC"),
        acceptance=model_of(plain_model(preset("mid"))),
        book=AlertBook(),
        telling=Telling(ladder=DEFAULT, limits=Limits(), zone=ZoneInfo("UTC"), sign={}),
    )


def _timeline(luck: random.Random, length_s: int) -> Iterator[it.TimelineInject]:
    for n in range(luck.randint(1, 3)):
        yield from _incident(luck, f"S-{n}", length_s)
    some = luck.randrange(0, length_s // 2)
    spot = _near(luck)
    if luck.random() < 0.5:
        yield it.RedWarning(
            id="warning", at_s=some, provenance=_SYNTHESIS, text=Names("红色预警", "Red warning"),
            duty_share=0.2,
        )  # fmt: skip
    if luck.random() < 0.4:
        area = _square(spot.lon, spot.lat, 0.03)
        yield it.CellLost(id="lost", at_s=some, provenance=_SYNTHESIS, area=area)
        back_s = some + luck.randrange(60, length_s // 2)
        yield it.CellRestored(id="back", at_s=back_s, provenance=_SYNTHESIS, lost="lost")
    if luck.random() < 0.4:
        yield it.ZoneDrawn(
            id="zone", at_s=some, provenance=_SYNTHESIS, zone_kind=ZoneKind.FLOOD, name="flood",
            form=ZoneForm.AREA, parts=((_square(spot.lon, spot.lat, 0.01).ring,),),
        )  # fmt: skip
    if luck.random() < 0.3:
        area = _square(spot.lon, spot.lat, 0.04)
        yield it.Recall(
            id="recall", at_s=length_s - 1_200, provenance=_SYNTHESIS, area=area, within_s=1_800,
            reason="back-burn",
        )  # fmt: skip
    if luck.random() < 0.3:
        yield it.CoverLapsed(
            id="lapse", at_s=some, provenance=_SYNTHESIS, skill=luck.choice(_SKILLS), share=0.3
        )


def _incident(luck: random.Random, name: str, length_s: int) -> Iterator[it.TimelineInject]:
    kind, hazard = luck.choice(_KINDS)
    at_s = luck.randrange(0, length_s // 2)
    site, severity = _near(luck), luck.choice(list(Severity))
    yield it.IncidentOpened(
        id=name, at_s=at_s, provenance=_SYNTHESIS, kind=kind, titles=Names(name, name),
        description="", site=site, region=REGION, severity=severity, hazard=hazard,
    )  # fmt: skip
    for skill in luck.sample(_SKILLS, luck.randint(1, 2)):
        verified = luck.random() < 0.8
        need, wanted = f"{name}/{skill}", luck.randint(1, 5)
        yield it.NeedCreated(
            id=need, at_s=at_s, provenance=_SYNTHESIS, incident=name, skill=skill, level=1,
            heads=Heads(minimum=1, desired=wanted, maximum=wanted + luck.randint(0, 2)),
            hazard=hazard, site=site, deadline_s=at_s + 3_600,
            ends_s=at_s + luck.choice([3_600, 7_200, 14_400]), reach_s=5_400, verified=verified,
            risk_assessment="dry, by day", safety_plan=SafetyPlan(owner="Li", measures="pairs"),
            note="", duplicate_of=None,
        )  # fmt: skip
        if not verified:
            yield it.NeedVerified(id=f"{need}/v", at_s=at_s + 300, provenance=_SYNTHESIS, need=need)
    later_s = luck.randrange(at_s, length_s)
    if luck.random() < 0.3:
        yield it.HazardRaised(
            id=f"{name}/raised", at_s=later_s, provenance=_SYNTHESIS, incident=name,
            hazard=HazardClass.H3,
        )  # fmt: skip
    elif luck.random() < 0.3:
        yield it.IncidentClosed(
            id=f"{name}/closed", at_s=later_s, provenance=_SYNTHESIS, incident=name, reason="done"
        )


def _weather(luck: random.Random, length_s: int) -> tuple[it.Weather, ...]:
    if luck.random() < 0.5:
        return ()
    at_s = luck.randrange(0, length_s)
    return (
        it.Weather(
            at_s=at_s, rain_mm=9.0, rain=Rain.HEAVY, temperature_c=None, provenance=_SYNTHESIS
        ),
    )


def _near(luck: random.Random) -> Site:
    return Site(
        lon=round(LON + luck.uniform(-_SIZE, _SIZE), 5),
        lat=round(LAT + luck.uniform(-_SIZE, _SIZE), 5),
        name="",
    )


def _square(lon: float, lat: float, half: float) -> it.Area:
    west, east, south, north = lon - half, lon + half, lat - half, lat + half
    return it.Area(ring=((west, south), (east, south), (east, north), (west, north)))
