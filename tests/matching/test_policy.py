from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from dispatch.matching.policy import PRICE_MAX, CrewPolicy, MatchPolicy
from dispatch.model import HazardClass, Severity

POLICY = MatchPolicy()


def test_severity_weights_are_eight_four_two_one() -> None:
    base = POLICY.unfilled_base_s
    assert [POLICY.unfilled_s(s)[1] // base for s in Severity] == [8, 4, 2, 1]


def test_a_head_below_the_minimum_weighs_four_times_one_above_it() -> None:
    for severity in Severity:
        minimum, desired, _ = POLICY.unfilled_s(severity)
        assert minimum == 4 * desired


def test_asking_one_more_outweighs_any_travel_and_any_head_outweighs_that() -> None:
    dearest_s = round(172_800 * (1 + 1 + 0.2 * 2)) + 4_320 + 360 + 6_000 + 120 + 600 + 1_200 + 900
    assert POLICY.dearest_pair_s == dearest_s + 9
    _check_order(POLICY)


def test_the_reserve_gives_its_last_to_minimums_and_to_severity_iii_and_worse() -> None:
    prices = {s: POLICY.unfilled_s(s) for s in Severity}
    given_for = {s: [p > POLICY.reserve_s for p in prices[s]] for s in Severity}
    bad = [True, True, False]
    assert given_for == {
        Severity.I: bad,
        Severity.II: bad,
        Severity.III: bad,
        Severity.IV: [True, False, False],
    }


@given(
    weights=st.lists(st.integers(1, 20), min_size=4, max_size=4),
    factor=st.integers(1, 20),
    spare_base_s=st.integers(400_000, 5_000_000),
    unfilled_base_s=st.integers(10**8, 10**9),
    reach_max_s=st.integers(1, 400_000),
)
def test_every_policy_that_is_accepted_keeps_the_order_of_prices(
    weights: list[int], factor: int, **figures: int
) -> None:
    table = dict(zip(Severity, weights, strict=True))
    try:
        policy = MatchPolicy(severity_weight=table, minimum_factor=factor, **figures)  # type: ignore[arg-type]
    except ValueError:
        reject()
    _check_order(policy)


def _check_order(policy: MatchPolicy) -> None:
    """Any trip < any spare head < half of any desired head <= any head below the minimum."""
    tiers = [policy.unfilled_s(s) for s in Severity]
    assert policy.dearest_pair_s < min(spare for *_, spare in tiers)
    assert 2 * max(spare for *_, spare in tiers) < min(desired for _, desired, _ in tiers)
    assert all(minimum >= desired > spare for minimum, desired, spare in tiers)
    assert max(minimum for minimum, *_ in tiers) <= PRICE_MAX


def test_worse_incidents_leave_less_time_to_answer() -> None:
    waits = [POLICY.offer_ttl_s[s] for s in Severity]
    assert waits[0] == 180
    assert waits[-1] == 900
    assert all(a < b for a, b in pairwise(waits))


def test_no_expired_proof_counts_by_default() -> None:
    assert set(POLICY.credential_grace_days.values()) == {0}


def test_it_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        POLICY.version = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        POLICY.severity_weight[Severity.I] = 1  # type: ignore[index]


def test_a_desired_head_is_worth_more_than_two_spare_ones_of_the_gravest() -> None:
    spare_base_s = POLICY.unfilled_base_s // 16 - 1
    assert MatchPolicy(spare_base_s=spare_base_s).spare_base_s == spare_base_s


def test_grace_may_be_given_below_h4() -> None:
    grace = {**POLICY.credential_grace_days, HazardClass.H1: 30}
    assert MatchPolicy(credential_grace_days=grace).credential_grace_days[HazardClass.H1] == 30


NAN: Final = float("nan")
NEGATIVE_OR_BROKEN: Final = (-1, 1.5, NAN, "9", None, 2**60)
NO_COUNT: Final = (0, *NEGATIVE_OR_BROKEN)
NO_SHARE: Final = (-0.1, 1.1, NAN, "9", None)
BAD: Final[dict[str, tuple[Any, ...]]] = {
    "version": NO_COUNT,
    "name": ("", " ", 5),
    "unfilled_base_s": (*NO_COUNT, POLICY.dearest_pair_s, 2**38),
    "severity_weight": (
        {},
        {Severity.I: 8},
        dict.fromkeys(Severity, 0),
        dict.fromkeys(Severity, 1.5),
        dict.fromkeys(Severity, NAN),
    ),
    "minimum_factor": NO_COUNT,
    "spare_base_s": (*NEGATIVE_OR_BROKEN, 0, POLICY.dearest_pair_s, POLICY.unfilled_base_s // 16),
    "substitute_share": NO_SHARE,
    "surplus_s": NEGATIVE_OR_BROKEN,
    "late_share": (-0.1, 10.1, NAN, "9", None),
    "off_duty_s": NEGATIVE_OR_BROKEN,
    "fatigue_share": NO_SHARE,
    "load_s": NEGATIVE_OR_BROKEN,
    "stale_share": NO_SHARE,
    "stale_max_s": NEGATIVE_OR_BROKEN,
    "reply_s": NEGATIVE_OR_BROKEN,
    "doubt_max": NEGATIVE_OR_BROKEN,
    "disruption_s": NEGATIVE_OR_BROKEN,
    "reserve_share": NO_SHARE,
    "scarce_share": NO_SHARE,
    "reserve_s": NEGATIVE_OR_BROKEN,
    "reach_max_s": NO_COUNT,
    "offer_ttl_s": ({}, dict.fromkeys(Severity, 0), dict.fromkeys(Severity, "5")),
    "credential_grace_days": (
        {},
        dict.fromkeys(HazardClass, -1),
        dict.fromkeys(HazardClass, NAN),
        dict.fromkeys(HazardClass, 1),
    ),
}
CREW_BAD: Final[dict[str, tuple[Any, ...]]] = {
    "newcomer_h": (-1,),
    "stand_in_share": (-0.1, 0.5, NAN),
    "from_heads": (0, -1),
    "leader_per": (0, -1),
    "newcomer_share": (-0.1, 1.1, NAN),
}


@pytest.mark.parametrize("name", BAD)
def test_a_figure_out_of_range_is_refused_by_its_name(name: str) -> None:
    for value in BAD[name]:
        with pytest.raises(ValueError, match=name):
            MatchPolicy(**{name: value})


@pytest.mark.parametrize("name", CREW_BAD)
def test_a_crews_figure_out_of_range_is_refused_by_its_name(name: str) -> None:
    for value in CREW_BAD[name]:
        with pytest.raises(ValueError, match=name):
            CrewPolicy(**{name: value})


def test_every_figure_has_bad_values_to_refuse() -> None:
    figures = {f.name for f in fields(POLICY) if not is_dataclass(getattr(POLICY, f.name))}
    assert figures == set(BAD)


def test_standing_in_twice_must_stay_cheaper_than_an_empty_head() -> None:
    nearly = CrewPolicy(stand_in_share=0.4999)
    with pytest.raises(ValueError, match="stand_in_share"):
        MatchPolicy(crew=nearly)
    ample = 10_000 * POLICY.dearest_pair_s
    assert MatchPolicy(crew=nearly, unfilled_base_s=ample).crew is nearly


def test_grace_at_h4_is_refused() -> None:
    grace = {**POLICY.credential_grace_days, HazardClass.H4: 1}
    with pytest.raises(ValueError, match="credential_grace_days must be 0 for H4"):
        MatchPolicy(credential_grace_days=grace)


def test_the_hazards_of_a_crew_policy() -> None:
    policy = CrewPolicy(safety_officer_from=HazardClass.H2, buddy_from=None)
    officer = [policy.needs_officer(h) for h in HazardClass]
    assert officer == [False, False, True, True, True]
    assert not any(policy.needs_buddy(h) for h in HazardClass)
    buddy = [CrewPolicy().needs_buddy(h) for h in HazardClass]
    assert buddy == [False, False, False, True, True]
    assert not any(CrewPolicy(safety_officer_from=None).needs_officer(h) for h in HazardClass)
