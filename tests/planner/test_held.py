from __future__ import annotations

import numpy as np
import pytest

from dispatch.matching.alerting import Call, Hold
from dispatch.matching.problem import Candidates
from dispatch.matching.replies import APP
from dispatch.model import Severity
from dispatch.planner.held import Held, with_stayers
from tests.builders import need

ROWS = np.array([2, 5, 9])


def candidates() -> Candidates:
    return Candidates(
        need=need(),
        severity=Severity.II,
        taken=0,
        rows=ROWS,
        eta_s=np.array([300, 600, 900], np.int32),
        steps=np.array([0, 1, 0], np.uint8),
        accepts=np.array([0.5, 0.4, 0.3]),
        surplus=np.array([0, 0, 2], np.uint8),
        moved=np.array([False, True, False]),
    )


def test_stayers_join_the_candidates_at_no_distance() -> None:
    found, stays = with_stayers(candidates(), np.array([1, 5]))
    assert found.rows.tolist() == [1, 2, 5, 9]
    assert stays.tolist() == [True, False, True, False]
    assert found.stays is not None
    assert found.stays.tolist() == stays.tolist()
    assert found.eta_s.tolist() == [0, 300, 600, 900]
    assert found.moved is not None
    assert not found.moved.any()  # who stays leaves nothing
    assert found.accepts is not None
    assert found.accepts.tolist() == [1.0, 0.5, 0.4, 0.3]


def test_without_stayers_nothing_changes() -> None:
    before = candidates()
    found, stays = with_stayers(before, np.empty(0, np.intp))
    assert found is before
    assert not stays.any()


@pytest.fixture
def held() -> Held:
    call = Call(heads=1, left_s=3_600, law=APP)
    return Held(candidates(), np.zeros(3, np.bool_), np.array([60, 60, 120]), call, Hold(rho=0))


def test_people_are_ranked_by_chance_and_response(held: Held) -> None:
    ranked = held.ranked(np.array([2, 0]))
    assert ranked.p.tolist() == [0.3, 0.5]
    assert ranked.travel_s.tolist() == [1_020, 360]


def test_who_is_asked_is_silent_from_now_on(held: Held) -> None:
    call = held.with_asked(np.array([1]))
    assert len(call.silent) == 1
    assert call.silent.waited_s.tolist() == [0]
    assert held.call.silent.p.size == 0


def test_the_chance_of_being_filled_grows_with_who_is_asked(held: Held) -> None:
    fills = [held.fill(np.arange(k)) for k in range(4)]
    assert fills[0] == 0
    assert fills == sorted(fills)
    # One head, independent answers, nine of ten who accept come.
    assert fills[3] == pytest.approx(1 - (1 - 0.45) * (1 - 0.36) * (1 - 0.27), abs=1e-6)
