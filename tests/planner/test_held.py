from __future__ import annotations

import numpy as np

from dispatch.matching.alerting import Call
from dispatch.matching.problem import Candidates
from dispatch.matching.replies import APP
from dispatch.model import Severity
from dispatch.planner.held import with_asked, with_stayers
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


def test_who_is_asked_is_silent_from_now_on() -> None:
    call = Call(heads=1, left_s=3_600, law=APP)
    after = with_asked(call, np.array([0.4, 0.3]), np.array([660, 1_020]))
    assert after.silent.p.tolist() == [0.4, 0.3]
    assert after.silent.travel_s.tolist() == [660, 1_020]
    assert after.silent.waited_s.tolist() == [0, 0]
    assert call.silent.p.size == 0
