from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from dispatch.matching.alerting import (
    KINDS,
    AlertPolicy,
    Broadcast,
    Call,
    Exactly,
    FixedWaves,
    Growth,
    Hold,
    Nearest,
    Ranked,
    ReplaceOnDecline,
    plain,
    policy_of,
)
from tests.matching.alerting.calls import calls, rankings

POLICIES: list[AlertPolicy] = [
    Hold(q=0.95, version=3),
    FixedWaves(size=5, every_s=60),
    ReplaceOnDecline(size=7, stop_at_accept=False),
    Nearest(size=10),
    Broadcast(growth=Growth(eta_s=900)),
    Exactly(),
]


def test_every_kind_is_tried_here() -> None:
    assert {type(policy) for policy in POLICIES} == set(KINDS.values())


@settings(deadline=None, max_examples=50)
@given(calls, rankings)
@pytest.mark.parametrize("policy", POLICIES)
def test_who_is_not_due_asks_nobody(policy: AlertPolicy, now: Call, people: Ranked) -> None:
    n = policy.more(now, people)
    assert 0 <= n <= len(people)
    assert policy.due(now) or n == 0


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_written_down_is_read_back(policy: AlertPolicy) -> None:
    assert policy_of(json.loads(json.dumps(plain(policy)))) == policy


def test_what_is_not_written_down_is_the_default() -> None:
    assert policy_of({"kind": "hold", "q": 0.95}) == Hold(q=0.95)
    found = policy_of({"kind": "nearest", "size": 3, "growth": {"eta_s": 300}})
    assert found == Nearest(size=3, growth=Growth(eta_s=300))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "kind must be one of hold, fixed-waves, .*, got None"),
        ({"kind": "ring"}, "kind must be one of hold, .*, got 'ring'"),
        ({"kind": ["hold"]}, "kind must be one of hold"),
        ({"kind": "hold", "q": 2.0}, "alert policy hold: q must be above 0 and below 1, got 2"),
        ({"kind": "hold", "q": "high"}, r"alert policy hold: .*\$\.q"),
        ({"kind": "hold", "Q": 0.9}, "alert policy hold: unknown field Q"),
        ({"kind": "nearest"}, "alert policy nearest: .*size"),
        ({"kind": "nearest", "size": 2.5}, r"alert policy nearest: .*\$\.size"),
        ({"kind": "broadcast", "growth": {"factor": 0.0}}, "broadcast: growth.factor must be"),
        ({"kind": "broadcast", "growth": {"speed": 1}}, "growth: unknown field speed"),
        ({"kind": "broadcast", "growth": 3}, r"\$\.growth"),
    ],
)
def test_a_wrong_value_is_named(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        policy_of(values)
