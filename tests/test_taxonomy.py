"""The tables hang together."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from dispatch.model import HazardClass, Tier
from dispatch.taxonomy import (
    DUTY_LIMITS,
    HAZARD_GATES,
    INCIDENT_KINDS,
    LANGUAGES,
    ROTATIONS,
    SKILLS,
    SUBSTITUTES,
    Rotation,
)


def test_the_33_skills() -> None:
    assert len(SKILLS) == 33
    assert all(s.names.zh and s.names.en for s in SKILLS.values())


def test_languages_have_both_names_a_tag_and_fit_a_word_of_bits() -> None:
    assert all(n.zh and n.en for n in LANGUAGES.values())
    assert all(re.fullmatch(r"[a-z]{2,3}(-x-[a-z]{1,8})?", code) for code in LANGUAGES)
    assert len(LANGUAGES) <= 64


def test_substitutes_are_skills_and_never_oneself() -> None:
    for skill, others in SUBSTITUTES.items():
        assert skill in SKILLS
        assert all(o in SKILLS and o != skill and steps >= 1 for o, steps in others)


def test_gates_only_tighten_with_danger() -> None:
    gates = [HAZARD_GATES[h] for h in HazardClass]
    for low, high in pairwise(gates):
        assert low.min_age <= high.min_age
        assert low.max_age >= high.max_age
        assert low.tiers >= high.tiers
        assert low.fitness <= high.fitness
        assert low.training <= high.training
        for sum_ in ("accident_sum", "medical_sum", "sudden_death_sum", "third_party_sum"):
            assert getattr(low, sum_) <= getattr(high, sum_)


def test_temporary_and_spontaneous_volunteers_stay_out_of_danger() -> None:
    allowed = {t: [h for h in HazardClass if t in HAZARD_GATES[h].tiers] for t in Tier}
    assert max(h.rank for h in allowed[Tier.TEMPORARY]) == 2
    assert max(h.rank for h in allowed[Tier.SPONTANEOUS]) == 1


def test_h0_asks_for_no_cover() -> None:
    assert HAZARD_GATES[HazardClass.H0].accident_sum == 0


def test_kinds_have_names_and_a_hazard() -> None:
    assert all(k.names.zh and k.names.en and k.hazard for k in INCIDENT_KINDS.values())


def test_duty_limits_are_those_of_hard_rule_6() -> None:
    duty = DUTY_LIMITS
    assert (duty.rest_s, duty.max_task_s) == (8 * 3600, 12 * 3600)
    assert (duty.alerts_per_day, duty.alerts_per_week) == (3, 8)


@pytest.mark.parametrize("change", [{"rest_s": 0}, {"alerts_per_week": 2}])
def test_duty_limits_are_checked(change: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"duty limit|alerts_per_week"):
        replace(DUTY_LIMITS, **change)


def test_rotations_speak_of_skills_and_kinds_there_are_and_tighten_the_daily_limit() -> None:
    for rotation in ROTATIONS:
        assert rotation.skills <= SKILLS.keys()
        assert rotation.kinds <= INCIDENT_KINDS.keys()
        assert rotation.skills or rotation.kinds
        assert rotation.limit_s < DUTY_LIMITS.max_task_s


def test_a_rotation_takes_time() -> None:
    with pytest.raises(ValueError, match="limit_s"):
        Rotation(limit_s=0)
