"""A county of published size on real roads: 54,393 volunteers of Coquimbo, and 200 incidents."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dispatch import actions as act
from dispatch import events as ev
from dispatch import rules
from dispatch.agency import load_agency
from dispatch.app import open_store
from dispatch.board import Board, Key, apply
from dispatch.clock import SystemClock
from dispatch.drills import demo
from dispatch.events import Stored
from dispatch.model import (
    ActionId,
    Actor,
    AgencyId,
    CoverEvidence,
    EtaSource,
    HazardClass,
    Heads,
    IncidentId,
    PolicyId,
    RegionCode,
    Role,
    SafetyPlan,
    Severity,
    Site,
    Skill,
    Travel,
    TravelMode,
    Verdict,
    VolunteerId,
)
from dispatch.settings import Settings

VOLUNTEERS = 54_393
COMMANDER = Actor(role=Role.COMMANDER, id="bench")
SKILLS = ("LOG", "TRAF", "MED-1", "MED-2", "DRV-4", "CARE", "COOK", "SHEL", "PUMP", "COMM", "BOAT")


@contextmanager
def county(volunteers: int = VOLUNTEERS) -> Iterator[Settings]:
    """Make the county in a temporary folder; yield its settings."""
    with TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), demo_volunteers=volunteers)
        engine = open_store(settings)
        agency = load_agency(settings.agency_file)
        home = settings.agency_file.parent
        demo.make_roster(engine, agency, home, volunteers, SystemClock(), lambda *_: None)
        engine.dispose()
        yield settings


class Played:
    """A board, the stored events that made it and the keys they touched."""

    def __init__(self) -> None:
        self.board = Board(agency=AgencyId("coquimbo"))
        self.stored: list[Stored] = []
        self.touched: list[Key] = []
        self._keys = itertools.count()

    def act(self, actor: Actor, action: act.Action, at: datetime) -> rules.Events:
        """Carry out an action by the real rules; everybody is eligible."""
        pairs = rules.pairs_to_judge(self.board, action)
        context = rules.Context(
            now=at,
            actor=actor,
            action_id=ActionId(f"b{next(self._keys)}"),
            offer_ttl_s=dict.fromkeys(Severity, 600),
            verdicts=dict.fromkeys(pairs, _eligible(at)),
            regions=frozenset({RegionCode("04101"), RegionCode("04102")}),
        )
        events = rules.decide(self.board, action, context)
        for event in events:
            stored = Stored(
                seq=self.board.seq + 1,
                at=at,
                actor=actor,
                action_id=context.action_id,
                exercise=False,
                event=event,
            )
            self.stored.append(stored)
            self.touched += apply(self.board, stored)
        return events


def busy(incidents: int, seed: int = 1) -> Played:
    """Return that many incidents all over the two towns, 2.4 needs each on average."""
    rng = np.random.default_rng(seed)
    played, now = Played(), datetime.now(UTC)
    for n in range(incidents):
        region = RegionCode("04101" if rng.random() < 0.6 else "04102")
        centre = (-71.25, -29.91) if region == "04101" else (-71.33, -29.96)
        lon, lat = (float(c + rng.normal(0, 0.02)) for c in centre)
        opened = act.OpenIncident(
            incident_kind="flood",
            title=f"Incident {n}",
            site=Site(lon=lon, lat=lat),
            region=region,
            severity=list(Severity)[int(rng.integers(4))],
            hazard=HazardClass.H2,
        )
        played.act(COMMANDER, opened, now)
        incident = list(played.board.incidents)[-1]
        for _ in range(int(rng.integers(1, 4)) + (n % 5 < 2)):
            played.act(COMMANDER, need(incident, str(rng.choice(SKILLS)), rng, now), now)
    return played


def lived(incidents: int) -> Played:
    """Return a busy board on which everybody asked has come, worked and gone home."""
    played, people = busy(incidents), itertools.count(1)
    now = datetime.now(UTC)
    for need_ in list(played.board.needs.values()):
        asked = tuple(VolunteerId(next(people)) for _ in range(need_.heads.desired))
        made = act.MakeOffer(need_id=need_.id, volunteer_ids=asked)
        for event in played.act(COMMANDER, made, now):
            assert isinstance(event, ev.OfferMade)
            _live(played, event, now)
    return played


def _live(played: Played, offer: ev.OfferMade, now: datetime) -> None:
    person = Actor(role=Role.VOLUNTEER, id=str(offer.volunteer_id))
    played.act(person, act.AcceptOffer(offer_id=offer.offer_id), now)
    mine = played.board.active[offer.volunteer_id]
    for step in (act.Depart, act.Arrive, act.Release, act.ReachHome):
        played.act(person, step(assignment_id=mine), now)


def need(incident: IncidentId, skill: str, rng: np.random.Generator, now: datetime) -> act.AddNeed:
    """Return a need of 1 to 7 heads for that skill inside a safe place."""
    desired = int(rng.integers(1, 8))
    return act.AddNeed(
        incident_id=incident,
        skill=Skill(skill),
        hazard=HazardClass.H1,
        heads=Heads(minimum=max(1, desired // 2), desired=desired, maximum=desired + 2),
        deadline_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=6),
        reach_s=3_600,
        verified=True,
        risk_assessment="known",
        safety_plan=SafetyPlan(owner="Li", measures="pairs"),
        publish=True,
    )


def _eligible(at: datetime) -> Verdict:
    evidence = CoverEvidence(
        policy_id=PolicyId(1),
        insurer="Mutual",
        clause="A-1",
        hazard=HazardClass.H4,
        accident_sum=1_000_000,
        medical_sum=100_000,
        sudden_death_sum=100_000,
        third_party_sum=100_000,
        currency="CNY",
        valid_from_at=at - timedelta(days=30),
        valid_until_at=at + timedelta(days=300),
        checked_at=at,
    )
    travel = Travel(eta_s=600, dist_m=4_000, source=EtaSource.ROAD, mode=TravelMode.CAR)
    return Verdict(reasons=(), cover=evidence, travel=travel, origin=Site(lon=-71.255, lat=-29.905))
