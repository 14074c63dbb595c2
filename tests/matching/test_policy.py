from __future__ import annotations

from dataclasses import FrozenInstanceError
from itertools import pairwise

import pytest

from dispatch.matching.policy import MatchPolicy
from dispatch.model import HazardClass, Severity

POLICY = MatchPolicy()


def test_severity_weights_are_eight_four_two_one() -> None:
    base = POLICY.unfilled_base_s
    assert [POLICY.unfilled_s(s)[1] // base for s in Severity] == [8, 4, 2, 1]


def test_a_head_below_the_minimum_weighs_four_times_one_above_it() -> None:
    for severity in Severity:
        minimum, desired = POLICY.unfilled_s(severity)
        assert minimum == 4 * desired


def test_an_empty_head_outweighs_any_travel() -> None:
    assert POLICY.dearest_pair_s == 172_800 + 69_120 + 120
    assert min(POLICY.unfilled_s(Severity.IV)) > POLICY.dearest_pair_s


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


def test_grace_may_be_given_below_h4() -> None:
    grace = {**POLICY.credential_grace_days, HazardClass.H1: 30}
    assert MatchPolicy(credential_grace_days=grace).credential_grace_days[HazardClass.H1] == 30


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": 0}, "version"),
        ({"name": " "}, "name"),
        ({"unfilled_base_s": POLICY.dearest_pair_s}, "outweigh"),
        ({"minimum_factor": 0}, "minimum_factor"),
        ({"reach_max_s": 0}, "reach_max_s"),
        ({"substitute_share": -0.1}, "substitute_share"),
        ({"substitute_share": 1.1}, "substitute_share"),
        ({"off_duty_s": -1}, "off_duty_s"),
        ({"severity_weight": {Severity.I: 8}}, "severity_weight"),
        ({"severity_weight": dict.fromkeys(Severity, 0)}, "positive"),
        ({"offer_ttl_s": dict.fromkeys(Severity, 0)}, "positive"),
        ({"credential_grace_days": {}}, "credential_grace_days"),
        ({"credential_grace_days": dict.fromkeys(HazardClass, -1)}, "negative"),
        ({"credential_grace_days": dict.fromkeys(HazardClass, 1)}, "H4"),
    ],
)
def test_a_figure_out_of_range_is_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        MatchPolicy(**change)  # type: ignore[arg-type]
