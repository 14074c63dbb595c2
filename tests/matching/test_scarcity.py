from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from dispatch.matching.policy import MatchPolicy
from dispatch.matching.scarcity import scarcity_of
from dispatch.model import Skill
from dispatch.roster import Roster
from tests.builders import UNPROVEN, Proof, person, roster

TODAY = date(2026, 7, 20)
POLICY = MatchPolicy()


def people(**holders: int) -> Roster:
    """A hundred people with LOG, the first of whom hold the other skills too, so many each."""
    return roster(
        person(n, skills={Skill("LOG"): Proof()} | {
            Skill(s.replace("_", "-")): Proof() for s, count in holders.items() if n <= count
        })
        for n in range(1, 1_001)
    )  # fmt: skip


def test_rarer_skills_lie_more_steps_up() -> None:
    found = scarcity_of(people(TRAF=100, CARE=99, COMM=29, BOAT=9), TODAY, POLICY)
    assert dict(found.skill) == {"LOG": 0, "TRAF": 0, "CARE": 1, "COMM": 2, "BOAT": 3}


def test_a_person_is_as_rare_as_their_rarest_skill() -> None:
    found = scarcity_of(people(CARE=99, BOAT=9), TODAY, POLICY)
    assert found.person[:9].tolist() == [3] * 9
    assert found.person[9:99].tolist() == [1] * 90
    assert not found.person[99:].any()


def test_surplus_is_what_the_work_does_not_use() -> None:
    found = scarcity_of(people(CARE=99, BOAT=9), TODAY, POLICY)
    rows = np.array([0, 0, 50, 500])
    serving = np.array([0, 3, 0, 0], np.uint8)
    assert found.surplus(rows, serving).tolist() == [3, 0, 1, 0]
    assert found.surplus(np.array([500]), np.array([3], np.uint8)).tolist() == [0]


def test_skills_unproven_or_out_of_date_make_nobody_rare() -> None:
    late = Proof(until=0)
    folk = roster([person(1, "BOAT", UNPROVEN), person(2, "BOAT", late), *(
        person(n) for n in range(3, 400))])  # fmt: skip
    found = scarcity_of(folk, TODAY, POLICY)
    assert not found.person.any()
    assert found.scarce == ()


def test_who_holds_two_scarce_skills_belongs_to_the_scarcer() -> None:
    found = scarcity_of(people(BOAT=9, DIVE=4), TODAY, POLICY)
    assert found.scarce == ("DIVE", "BOAT")
    assert found.group[:10].tolist() == [0] * 4 + [1] * 5 + [-1]


def test_a_share_of_all_holders_stays_out_of_the_free_ones() -> None:
    found = scarcity_of(people(BOAT=9, DIVE=4), TODAY, POLICY)
    everybody = np.ones(1_000, np.bool_)
    # Four divers and five more boat drivers; a tenth of each, rounded up, stays.
    assert found.reserve(everybody, POLICY).quota.tolist() == [3, 4]
    gone = everybody.copy()
    gone[[0, 1, 2, 4]] = False
    assert found.reserve(gone, POLICY).quota.tolist() == [0, 3]
    assert found.reserve(~everybody, POLICY).quota.tolist() == [0, 0]
    free = replace(POLICY, reserve_share=0)
    assert found.reserve(everybody, free).quota.tolist() == [4, 5]
    assert found.reserve(everybody, POLICY).price_s == POLICY.reserve_s


def test_what_is_kept_is_told() -> None:
    found = scarcity_of(people(BOAT=9, DIVE=4), TODAY, POLICY)
    everybody = np.ones(1_000, np.bool_)
    none = np.empty(0, np.intp)
    told = [(k.skill, k.holders, k.wanted, k.used) for k in found.kept(everybody, none, POLICY)]
    assert told == [("DIVE", 4, 1, 0), ("BOAT", 5, 1, 0)]
    used = found.kept(everybody, np.array([0, 1, 2, 3, 4]), POLICY)
    assert [k.used for k in used] == [1, 0]
