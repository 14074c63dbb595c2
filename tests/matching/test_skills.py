from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pytest

from dispatch.matching.reasons import reasons_of
from dispatch.matching.skills import Asked, options, service
from dispatch.model import HazardClass, Reason, Skill
from dispatch.taxonomy import SKILLS
from tests.builders import TODAY, UNPROVEN, UNTRAINED, Proof, person, roster

MED_1, MED_2, MED_3 = Skill("MED-1"), Skill("MED-2"), Skill("MED-3")

ASKED: Final = Asked(skill=MED_1, level=1, hazard=HazardClass.H2, end_day=TODAY, proof_day=TODAY)


def held(**skills: Proof) -> dict[Skill, Proof]:
    return {Skill(code.replace("_", "-")): proof for code, proof in skills.items()}


def test_the_skill_itself_comes_before_its_substitutes() -> None:
    assert options(MED_1, HazardClass.H2) == ((MED_1, 0), (MED_2, 1), (MED_3, 2))


def test_a_skill_does_not_serve_above_its_own_hazard_class() -> None:
    assert options(MED_1, HazardClass.H3) == ((MED_2, 1), (MED_3, 2))
    assert options(Skill("PSY"), HazardClass.H2) == ()


@pytest.mark.parametrize("code", SKILLS)
def test_every_skill_serves_up_to_its_highest_class(code: Skill) -> None:
    for hazard in HazardClass:
        may = code in [c for c, _ in options(code, hazard)]
        assert may == (hazard.rank <= SKILLS[code].max_hazard.rank)


def test_nobody_holds_an_unknown_skill() -> None:
    assert options(Skill("MAGIC"), HazardClass.H0) == ()
    found = service(roster([person(1)]), replace(ASKED, skill=Skill("MAGIC")))
    assert len(found.rows) == 0


def test_each_person_serves_once_with_the_fewest_steps() -> None:
    people = roster(
        [
            person(1, skills=held(MED_3=Proof(), MED_1=Proof())),
            person(2, skills=held(MED_3=Proof(), MED_2=Proof())),
            person(3, skills=held(MED_3=Proof())),
            person(4, skills=held(LOG=Proof())),
        ]
    )
    found = service(people, ASKED)
    assert found.rows.tolist() == [0, 1, 2]
    assert [found.skill(k) for k in range(3)] == [MED_1, MED_2, MED_3]
    assert found.steps.tolist() == [0, 1, 2]
    assert not found.bits.any()


def test_a_valid_substitute_beats_an_expired_proof_of_the_skill_itself() -> None:
    expired = Proof(until=TODAY - 1)
    found = service(roster([person(1, skills=held(MED_1=expired, MED_2=Proof()))]), ASKED)
    assert found.skill(0) == MED_2
    assert not found.bits.any()


def test_among_failing_proofs_the_one_with_the_fewest_faults_is_named() -> None:
    worse = Proof(verified=False, trained_until=TODAY - 1)
    found = service(roster([person(1, skills=held(MED_1=worse, MED_2=UNTRAINED))]), ASKED)
    assert reasons_of(found.bits[0]) == (Reason.TRAINING,)


def test_the_level_counts_for_substitutes_too() -> None:
    asked = replace(ASKED, level=2)
    people = roster(
        [
            person(1, skills=held(MED_1=Proof(level=1), MED_3=Proof(level=2))),
            person(2, skills=held(MED_2=Proof(level=1))),
        ]
    )
    found = service(people, asked)
    assert found.rows.tolist() == [0]
    assert found.skill(0) == MED_3


@pytest.mark.parametrize(
    ("proof", "reasons"),
    [
        (Proof(until=TODAY, trained_until=TODAY), ()),
        (Proof(until=TODAY - 1), (Reason.CREDENTIAL,)),
        (UNPROVEN, (Reason.CREDENTIAL,)),
        (UNTRAINED, (Reason.TRAINING,)),
        (Proof(verified=False, trained_until=TODAY - 1), (Reason.CREDENTIAL, Reason.TRAINING)),
    ],
)
def test_proofs_hold_until_the_last_day(proof: Proof, reasons: tuple[Reason, ...]) -> None:
    found = service(roster([person(1, "MED-1", proof)]), ASKED)
    assert reasons_of(found.bits[0]) == reasons


def test_a_skill_without_a_course_asks_for_none() -> None:
    asked = replace(ASKED, skill=Skill("LOG"))
    assert not service(roster([person(1, "LOG", UNTRAINED)]), asked).bits.any()


def test_grace_moves_the_day_of_the_proof_but_not_of_the_course() -> None:
    asked = replace(ASKED, proof_day=TODAY - 30)
    late = Proof(until=TODAY - 30, trained_until=TODAY - 30)
    found = service(roster([person(1, "MED-1", late)]), asked)
    assert reasons_of(found.bits[0]) == (Reason.TRAINING,)


def test_only_keeps_the_columns_together() -> None:
    people = roster([person(1, "MED-1"), person(2, "MED-2")])
    kept = service(people, ASKED).only(np.array([False, True]))
    assert (kept.rows.tolist(), kept.steps.tolist(), kept.skill(0)) == ([1], [1], MED_2)
