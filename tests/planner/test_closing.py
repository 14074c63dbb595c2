"""What would close a shortfall: do it, plan again, and count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import Any

import numpy as np
import pytest

from dispatch import actions as act
from dispatch.geo.straight import StraightLineRouter
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.remedies import MENDABLE
from dispatch.model import (
    HazardClass,
    Heads,
    Need,
    NeedId,
    PolicyId,
    Reason,
    RegionCode,
    Remedy,
    Severity,
    Shortfall,
    Site,
    Skill,
    VolunteerId,
)
from dispatch.planner import closing
from dispatch.planner.plan import Planner
from dispatch.roster import NEVER, Policy
from dispatch.taxonomy import HAZARD_GATES
from tests.builders import UNPROVEN, UNTRAINED, Person, Proof, contract, day, person, roster
from tests.play import COMMANDER, REGION, T0, Play, add_need, open_incident, volunteer

H = HazardClass
ELSEWHERE = RegionCode("05")
INDOORS, FULL = PolicyId(1), PolicyId(2)
CONTRACTS = (
    contract(1, hazards=frozenset({H.H0, H.H1})),
    contract(2, hazards=frozenset({H.H0, H.H1, H.H2})),
)
FLAWS: tuple[dict[str, Any], ...] = (
    {"covers": frozenset({INDOORS})},
    {"covers": frozenset()},
    {"proof": UNPROVEN},
    {"proof": UNTRAINED},
    {"trained_until": NEVER},
    {"region": ELSEWHERE},
    {"available": False},
    {"consent": False},
    {"lon": -71.75},
    {"lon": -71.9},
)


@dataclass(frozen=True)
class World:
    """A board and the people and contracts beside it, which a test may edit."""

    play: Play
    people: tuple[Person, ...]
    contracts: tuple[Policy, ...] = CONTRACTS

    def shortfalls(self, *, remedies: bool = True) -> dict[NeedId, Shortfall]:
        planner = Planner(
            roster=roster(self.people, self.contracts),
            router=StraightLineRouter(),
            policy=MatchPolicy(),
        )
        made = planner.round(self.play.board, self.play.now)
        assert made is not None
        found = closing.shortfalls(*made, planner._memory, remedies=remedies)
        return {s.need_id: s for s in found}

    def missing(self, need_id: NeedId) -> int:
        short = self.shortfalls(remedies=False).get(need_id)
        return 0 if short is None else short.missing

    def need(self, need_id: NeedId) -> Need:
        return self.play.board.needs[need_id]


def somebody(number: int, **columns: Any) -> Person:
    given = {"lon": -71.25, "lat": -29.91, "region": REGION, "covers": frozenset({FULL})}
    return person(number, **(given | columns))


def crowd(count: int, seed: int) -> tuple[Person, ...]:
    """People all over town, half of them with a flaw, a few with two."""
    rng = np.random.default_rng(seed)
    people = []
    for number in range(1, count + 1):
        columns: dict[str, Any] = {
            "lon": float(rng.uniform(-71.35, -71.20)),
            "lat": float(rng.uniform(-29.99, -29.87)),
            "turnout_s": int(rng.integers(10, 400)),
            "skill": ["LOG", "MED-1", "MED-2"][rng.integers(3)],
        }
        for flaw in rng.choice(len(FLAWS), rng.choice([0, 1, 2], p=[0.4, 0.5, 0.1])):
            columns |= FLAWS[flaw]
        proof = columns.pop("proof", Proof())
        leads = {Skill("CMD"): Proof()} if rng.random() < 0.2 else {}
        held = {Skill(columns.pop("skill")): proof} | leads
        people.append(somebody(number, skills=held, **columns))
    return tuple(people)


def town(seed: int) -> World:
    """Three incidents that compete for too few people."""
    rng = np.random.default_rng(seed)
    play = Play()
    for _ in range(3):
        site = Site(lon=float(rng.uniform(-71.34, -71.22)), lat=float(rng.uniform(-29.98, -29.88)))
        severity = list(Severity)[rng.integers(4)]
        (opened,) = play.act(COMMANDER, open_incident(site=site, severity=severity))
        for skill in ("LOG", "MED-1"):
            desired = int(rng.integers(2, 7))
            heads = Heads(minimum=int(rng.integers(1, 3)), desired=desired, maximum=desired + 2)
            over = {"skill": Skill(skill), "hazard": [H.H1, H.H2][rng.integers(2)], "heads": heads}
            reach_s = int(rng.choice([1_500, 7_200]))
            play.act(COMMANDER, add_need(opened.incident.id, reach_s=reach_s, **over))
    return World(play, crowd(30, seed))


def carried_out(world: World, need_id: NeedId, remedy: Remedy) -> World:
    """Return the world in which the remedy was taken, edited as a clerk would."""
    need, chosen = world.need(need_id), set(remedy.volunteer_ids)
    if remedy.reason in (Reason.JURISDICTION, Reason.REACH):
        change: dict[str, Any] = (
            {"widened": True}
            if remedy.reason is Reason.JURISDICTION
            else {"reach_s": remedy.reach_s}
        )
        world.play.act(
            COMMANDER, act.UpdateNeed(need_id=need_id, seen_seq=world.play.board.seq, **change)
        )
        return world
    sums = ("accident_sum", "medical_sum", "sudden_death_sum", "third_party_sum")
    gate = HAZARD_GATES[need.hazard]
    bought = contract(
        99,
        valid_from_at=world.play.now,
        valid_until_at=need.ends_at + timedelta(seconds=need.reach_s),
        hazards=frozenset({need.hazard}),
        territory=(need.region,),
        exercises=False,
        travel=need.hazard.rank > 0,
        sudden_illness=need.hazard.rank > 1,
        **{name: getattr(gate, name) for name in sums},
    )
    people = tuple(mended(p, need, remedy.reason) if p.id in chosen else p for p in world.people)
    return replace(world, people=people, contracts=(*world.contracts, bought))


def mended(someone: Person, need: Need, reason: Reason) -> Person:
    last = day(need.ends_at.astimezone(UTC).date())
    covers = someone.covers or frozenset()
    match reason:
        case Reason.COVER:
            return replace(someone, covers=covers | {PolicyId(99)})
        case Reason.UNAVAILABLE:
            return replace(someone, available=True)
        case Reason.CONSENT:
            return replace(someone, consent=True)
        case Reason.TRAINING:
            courses = {s: replace(p, trained_until=last) for s, p in someone.skills.items()}
            safe = max(someone.trained_until, last)
            return replace(someone, trained_until=safe, skills=courses)
        case Reason.CREDENTIAL:
            proofs = {s: replace(p, verified=True) for s, p in someone.skills.items()}
            return replace(someone, skills=proofs)
    raise AssertionError(reason)


@pytest.mark.parametrize("seed", range(16))
def test_each_remedy_closes_exactly_what_it_says(seed: int) -> None:
    short = town(seed).shortfalls()
    assert short
    for need_id, found in short.items():
        for remedy in found.remedies:
            world = town(seed)
            assert world.missing(need_id) == found.missing
            assert carried_out(world, need_id, remedy).missing(need_id) == (
                found.missing - remedy.closes
            ), (need_id, remedy)


HERE = {"lon": -71.25, "lat": -29.91}
ONE_EACH = (
    somebody(1, **HERE),
    somebody(2, covers=frozenset({INDOORS}), **HERE),
    somebody(3, covers=frozenset(), lat=-29.92, lon=-71.25),
    somebody(4, proof=UNPROVEN, **HERE),
    somebody(5, proof=Proof(until=day(T0.date()) - 1), lon=-71.25, lat=-29.92),
    somebody(6, trained_until=NEVER, **HERE),
    somebody(7, region=ELSEWHERE, **HERE),
    somebody(8, available=False, **HERE),
    somebody(9, consent=False, **HERE),
    somebody(10, lon=-71.25, lat=-30.3),
    somebody(11, skill="COOK", **HERE),
    somebody(12, consent=False, covers=frozenset(), **HERE),
)


def call(people: Iterable[Person], **over: Any) -> tuple[World, NeedId]:
    """One need, by default for three indoors or out."""
    play = Play()
    given = {"heads": Heads(minimum=3, desired=3, maximum=3), "hazard": H.H2, "reach_s": 1_800}
    need = play.need(**(given | over))
    return World(play, tuple(people)), need.id


def helps(world: World, need_id: NeedId) -> dict[Reason, tuple[Sequence[int], int]]:
    found = world.shortfalls()[need_id]
    return {r.reason: (r.volunteer_ids, r.closes) for r in found.remedies}


def test_every_rule_that_can_be_mended_is() -> None:
    world, need_id = call(ONE_EACH)
    assert helps(world, need_id) == {
        Reason.CREDENTIAL: ((4, 5), 2),
        Reason.TRAINING: ((6,), 1),
        Reason.COVER: ((2, 3), 2),
        Reason.JURISDICTION: ((7,), 1),
        Reason.UNAVAILABLE: ((8,), 1),
        Reason.CONSENT: ((9,), 1),
        Reason.REACH: ((10,), 1),
    }
    assert list(helps(world, need_id)) == list(MENDABLE)


def test_the_counts_of_who_holds_the_skill() -> None:
    world, need_id = call(ONE_EACH)
    found = world.shortfalls()[need_id]
    assert (found.missing, found.holders, found.posts) == (2, 11, {"ANY": 2})
    assert found.held == {
        Reason.CREDENTIAL: 2,
        Reason.TRAINING: 1,
        Reason.COVER: 3,
        Reason.JURISDICTION: 1,
        Reason.UNAVAILABLE: 1,
        Reason.CONSENT: 1,
        Reason.REACH: 1,
    }


def test_no_more_people_are_named_than_are_missing_and_the_nearest_first() -> None:
    uninsured = [somebody(n, covers=frozenset(), lon=-71.25 - n / 1_000) for n in range(1, 20)]
    world, need_id = call(uninsured)
    assert helps(world, need_id) == {Reason.COVER: ((1, 2, 3), 3)}


def test_the_limit_named_is_enough_and_no_more_than_a_minute_too_long() -> None:
    world, need_id = call([somebody(n, lat=-29.9 - n / 10, lon=-71.25) for n in (3, 5)])
    (remedy,) = world.shortfalls()[need_id].remedies
    assert (remedy.reason, remedy.volunteer_ids, remedy.closes) == (Reason.REACH, (3, 5), 2)
    assert remedy.reach_s is not None
    assert carried_out(world, need_id, replace(remedy, reach_s=remedy.reach_s - 60)).missing(
        need_id
    ) == 2  # fmt: skip


def test_a_longer_limit_that_outlasts_the_cover_helps_nobody() -> None:
    """The way home may take as long as the way there, and the contract must still run."""
    need_ends = T0 + timedelta(hours=5)
    short = contract(2, valid_until_at=need_ends + timedelta(seconds=1_800))
    near, far = somebody(1, **HERE), somebody(10, lon=-71.25, lat=-30.3)
    world, need_id = call([near, far])
    assert helps(world, need_id) == {Reason.REACH: ((10,), 1)}
    both = replace(world, contracts=(CONTRACTS[0], short))
    assert helps(both, need_id) == {}
    covered = replace(far, covers=frozenset({FULL, PolicyId(3)}))
    long = contract(3)
    mixed = World(world.play, (near, covered), (CONTRACTS[0], short, long))
    # Whoever is kept loses the cover by which they serve: one comes, one goes.
    assert helps(mixed, need_id) == {}


def test_who_is_of_more_use_elsewhere_does_not_help_here() -> None:
    play = Play()
    one = Heads(minimum=1, desired=1, maximum=1)
    ids = []
    for severity in (Severity.I, Severity.IV):
        (opened,) = play.act(COMMANDER, open_incident(severity=severity))
        over = {"heads": one, "hazard": H.H2}
        ids.append(play.act(COMMANDER, add_need(opened.incident.id, **over))[0].need.id)
    world = World(play, (somebody(1, covers=frozenset(), **HERE),))
    grave, slight = ids
    assert helps(world, grave) == {Reason.COVER: ((1,), 1)}
    assert helps(world, slight) == {}


def test_a_missing_leader_is_better_closed_by_a_leader() -> None:
    leads = {Skill("LOG"): Proof(), Skill("CMD"): Proof()}
    crew = [somebody(n, **HERE) for n in range(1, 4)]
    nearest = somebody(5, covers=frozenset(), **HERE)
    leader = somebody(6, covers=frozenset(), lon=-71.30, lat=-29.95, skills=leads)
    heads = Heads(minimum=4, desired=4, maximum=4)
    world, need_id = call([*crew, nearest], heads=heads)
    assert world.shortfalls()[need_id].posts == {"LEADER": 1}
    assert helps(world, need_id) == {Reason.COVER: ((5,), 1)}
    world, need_id = call([*crew, nearest, leader], heads=heads)
    assert helps(world, need_id) == {Reason.COVER: ((6,), 1)}


def test_people_pinned_or_staying_are_not_called_too_far() -> None:
    world, need_id = call(ONE_EACH[:1])
    play = world.play
    play.act(COMMANDER, act.PinPair(need_id=need_id, volunteer_id=VolunteerId(1)))
    assert world.shortfalls()[need_id].refused == {Reason.OFFERED: 1}
    play.accepted(need_id, 1)
    assert world.shortfalls()[need_id].refused == {}
    play.act(volunteer(1), act.Depart(assignment_id=play.board.active[VolunteerId(1)]))
    assert world.shortfalls()[need_id].refused == {Reason.BUSY: 1}


def test_without_remedies_the_counts_are_the_same() -> None:
    world, need_id = call(ONE_EACH)
    bare = world.shortfalls(remedies=False)[need_id]
    assert bare.remedies == ()
    assert replace(world.shortfalls()[need_id], remedies=()) == bare


def test_people_nobody_knows_the_place_of_are_not_named() -> None:
    lost = somebody(1, covers=frozenset(), lon=float("nan"), lat=float("nan"))
    world, need_id = call([lost, somebody(2, covers=frozenset(), **HERE)])
    assert helps(world, need_id) == {Reason.COVER: ((2,), 1)}
