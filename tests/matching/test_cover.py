from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.matching.cover import Flaw, answering, cover_bits, evidence, flaw
from dispatch.model import HazardClass, Need, PolicyId, RegionCode
from dispatch.regions import RegionTree
from dispatch.roster import Policy
from dispatch.taxonomy import HAZARD_GATES
from tests.builders import NOW, contract, need, person, roster

H = HazardClass
ONE_S = timedelta(seconds=1)
HOME_AT = need().ends_at + timedelta(seconds=need().reach_s)


def holds(policy: Policy, wanted: Need | None = None, *, exercise: bool = False) -> bool:
    return flaw(policy, wanted or need(), now=NOW, exercise=exercise) is None


def gate_sums(hazard: HazardClass) -> dict[str, int]:
    gate = HAZARD_GATES[hazard]
    names = ("accident_sum", "medical_sum", "sudden_death_sum", "third_party_sum")
    return {name: getattr(gate, name) for name in names}


FLAWS: dict[str, tuple[dict[str, object], int]] = {
    "used up": ({"used_up": True}, 0),
    "starts later": ({"valid_from_at": NOW + ONE_S}, 0),
    "ends before home": ({"valid_until_at": HOME_AT - ONE_S}, 0),
    "elsewhere": ({"territory": (RegionCode("4101"),)}, 0),
    "travel left out": ({"travel": False}, 1),
    "no sudden illness": ({"sudden_illness": False}, 2),
}
"""A contract's flaw, and the lowest hazard class it matters for."""


@pytest.mark.parametrize("flaw", FLAWS)
@pytest.mark.parametrize("hazard", H)
def test_matrix_of_hazard_and_contract(hazard: HazardClass, flaw: str) -> None:
    terms, from_rank = FLAWS[flaw]
    wanted = need(hazard=hazard)
    assert holds(contract(), wanted)
    assert holds(contract(**terms), wanted) == (hazard.rank < from_rank)


@pytest.mark.parametrize("hazard", H)
def test_matrix_of_hazard_and_listed_classes(hazard: HazardClass) -> None:
    listed = [h for h in H if holds(contract(hazards=frozenset({h})), need(hazard=hazard))]
    assert listed == [hazard]


@pytest.mark.parametrize("hazard", H)
def test_matrix_of_hazard_and_exercise(hazard: HazardClass) -> None:
    wanted, no_drills = need(hazard=hazard), contract(exercises=False)
    assert holds(no_drills, wanted)
    assert not holds(no_drills, wanted, exercise=True)
    assert holds(contract(), wanted, exercise=True)


@pytest.mark.parametrize("name", gate_sums(H.H1))
@pytest.mark.parametrize("hazard", H)
def test_matrix_of_hazard_and_sums(hazard: HazardClass, name: str) -> None:
    sums = gate_sums(hazard)
    assert holds(contract(**sums), need(hazard=hazard))
    if sums[name]:
        short = contract(**{**sums, name: sums[name] - 1})
        assert not holds(short, need(hazard=hazard))


def test_it_must_run_from_now_until_home_again() -> None:
    assert holds(contract(valid_from_at=NOW, valid_until_at=HOME_AT))


@pytest.mark.parametrize(
    ("territory", "region", "inside"),
    [
        ((), "220524101", True),
        (("220524",), "220524101", True),
        (("4101", "2205"), "220524", True),
        (("220524101",), "220524", False),
    ],
)
def test_the_territory_holds_the_needs_region(
    territory: tuple[str, ...], region: str, inside: bool
) -> None:
    policy = contract(territory=tuple(RegionCode(t) for t in territory))
    assert holds(policy, need(region=RegionCode(region))) == inside


def test_a_river_rescue_under_a_sixty_thousand_contract_fails() -> None:
    cheap = contract(accident_sum=60_000, medical_sum=5_000)
    assert not holds(cheap, need(hazard=H.H4))


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        ({"used_up": True}, Flaw("used_up", False, True)),
        ({"valid_from_at": HOME_AT}, Flaw("valid_from_at", NOW, HOME_AT)),
        ({"valid_until_at": NOW}, Flaw("valid_until_at", HOME_AT, NOW)),
        ({"hazards": frozenset({H.H1, H.H0})}, Flaw("hazards", H.H2, (H.H0, H.H1))),
        ({"territory": ("4101",)}, Flaw("territory", "220524", ("4101",))),
        ({"exercises": False}, Flaw("exercises", True, False)),
        ({"travel": False}, Flaw("travel", True, False)),
        ({"sudden_illness": False}, Flaw("sudden_illness", True, False)),
        ({"accident_sum": 199_999}, Flaw("accident_sum", 200_000, 199_999)),
        ({"third_party_sum": 0, "medical_sum": 0}, Flaw("medical_sum", 20_000, 0)),
        ({"used_up": True, "travel": False}, Flaw("used_up", False, True)),
    ],
)
def test_the_first_flaw_says_what_was_asked_and_what_the_contract_says(
    terms: dict[str, object], found: Flaw
) -> None:
    assert flaw(contract(**terms), need(), now=NOW, exercise=True) == found


def test_words_of_many_contracts() -> None:
    policies = [contract(n, used_up=n not in (3, 64, 65, 130)) for n in range(130 + 1)]
    words = answering(policies, need(), now=NOW, exercise=False)
    assert words.tolist() == [1 << 3, 1 | 1 << 1, 1 << 2]


def test_bits_read_every_word() -> None:
    policies = [contract(n) for n in range(70)]
    people = roster(
        [
            person(1, covers=frozenset({PolicyId(69)})),
            person(2, covers=frozenset({PolicyId(0)})),
            person(3, covers=frozenset()),
        ],
        policies,
    )
    words = np.array([0, 1 << 5], np.uint64)
    assert (cover_bits(people, words) == 0).tolist() == [True, False, False]


def test_nobody_is_covered_where_there_are_no_contracts() -> None:
    people = roster([person(1)], [])
    words = answering([], need(), now=NOW, exercise=False)
    assert cover_bits(people, words).all()


def test_evidence_is_the_valid_contract_with_the_lowest_id() -> None:
    policies = [contract(9), contract(5), contract(2, used_up=True), contract(3)]
    mine = frozenset({PolicyId(9), PolicyId(5), PolicyId(2)})
    people = roster([person(1, covers=mine)], policies)
    found = evidence(people, 0, need(), now=NOW, exercise=False)
    assert found is not None
    assert found.policy_id == 5
    assert (found.hazard, found.checked_at) == (H.H2, NOW)
    assert found.accident_sum == policies[1].accident_sum


@pytest.mark.parametrize("place", [0, 62, 63, 64, 69])
def test_evidence_is_found_wherever_the_contract_stands(place: int) -> None:
    policies = [contract(n) for n in range(70)]
    people = roster([person(1, covers=frozenset({PolicyId(place)}))], policies)
    found = evidence(people, 0, need(), now=NOW, exercise=False)
    assert found is not None
    assert found.policy_id == place


def test_evidence_is_not_asked_for_remote_work() -> None:
    people = roster([person(1)])
    assert evidence(people, 0, need(hazard=H.H0), now=NOW, exercise=False) is None


terms = st.fixed_dictionaries(
    {
        "used_up": st.booleans(),
        "valid_from_at": st.sampled_from([NOW, NOW + ONE_S]),
        "valid_until_at": st.sampled_from([HOME_AT, HOME_AT - ONE_S]),
        "hazards": st.frozensets(st.sampled_from(list(H)), min_size=2),
        "exercises": st.booleans(),
        "travel": st.booleans(),
        "accident_sum": st.sampled_from([100_000, 1_000_000]),
    }
)


@settings(deadline=None)
@given(
    st.lists(terms, max_size=6),
    st.lists(st.frozensets(st.integers(0, 5)), min_size=1, max_size=4),
    st.sampled_from(list(H)[1:]),
    st.booleans(),
)
def test_evidence_and_bits_agree(
    contracts: list[dict[str, object]],
    members: list[frozenset[int]],
    hazard: HazardClass,
    exercise: bool,
) -> None:
    policies = [contract(n, **t) for n, t in enumerate(contracts)]
    people = roster(
        [person(i, covers=frozenset(PolicyId(p) for p in mine)) for i, mine in enumerate(members)],
        policies,
    )
    wanted = need(hazard=hazard)
    words = answering(policies, wanted, now=NOW, exercise=exercise)
    for row, bits in enumerate(cover_bits(people, words)):
        found = evidence(people, row, wanted, now=NOW, exercise=exercise)
        assert (found is None) == bool(bits)


def test_a_later_end_of_work_or_a_longer_way_home_asks_for_longer_cover() -> None:
    policy = contract(valid_until_at=HOME_AT)
    later: datetime = need().ends_at + ONE_S
    assert not holds(policy, replace(need(), ends_at=later))
    assert not holds(policy, replace(need(), reach_s=need().reach_s + 1))


def test_a_territory_holds_what_the_tree_puts_into_it() -> None:
    policy = contract(territory=(RegionCode("E92"),))
    there = need(region=RegionCode("E09"))
    tree = RegionTree({RegionCode("E09"): RegionCode("E92"), RegionCode("E92"): None})
    assert flaw(policy, there, now=NOW, exercise=False, tree=tree) is None
    assert flaw(policy, there, now=NOW, exercise=False) is not None
    words = answering([policy], there, now=NOW, exercise=False, tree=tree)
    assert words.tolist() == [1]
