"""What people carry: alerts by weight, hours on task, rest, duty, declarations, stale positions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dispatch.board import Alert, Board, Person, Record
from dispatch.matching.acceptance import preset
from dispatch.matching.load import SEVERITY, Load, features, load_of
from dispatch.model import AgencyId, Fix, Severity, VolunteerId

NOW = datetime(2026, 7, 20, 12, tzinfo=UTC)


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def loaded(*people: Person, ids: Sequence[int] = (1, 2, 3)) -> Load:
    board = Board(agency=AgencyId("test"), people={p.id: p for p in people})
    return load_of(board, np.array(ids, np.int64), NOW, preset("mid"))


def someone(number: int = 2, **more: object) -> Person:
    return Person(id=VolunteerId(number), **more)  # type: ignore[arg-type]


def test_who_did_nothing_carries_nothing() -> None:
    load = loaded()
    for column in (load.alerts_24h, load.alerts_7d, load.task_s, load.stale_s, load.history.asked):
        assert column.tolist() == [0, 0, 0]
    assert not (load.after_shift | load.on_duty | load.declared).any()


def test_alerts_count_by_weight_and_age() -> None:
    alerts = (Alert(ago(24 * 8)), Alert(ago(30)), Alert(ago(2), 0.5), Alert(ago(1)))
    load = loaded(someone(alerts=alerts))
    assert (load.alerts_24h.tolist(), load.alerts_7d.tolist()) == ([0, 1.5, 0], [0, 2.5, 0])


def test_time_on_task_within_the_day_and_rest_after_it() -> None:
    long_ago, cut, late = (ago(40), ago(30)), (ago(26), ago(22)), (ago(5), ago(4))
    load = loaded(
        someone(1, shifts=(long_ago,)), someone(2, shifts=(cut,)), someone(3, shifts=(late,))
    )
    assert load.task_s.tolist() == [0, 2 * 3_600, 3_600]
    assert load.after_shift.tolist() == [False, False, True]


def test_duty_and_declarations() -> None:
    load = loaded(
        someone(1, on_duty=True),
        someone(2, available=True, available_until=ago(-1)),
        someone(3, available=True, available_until=ago(1)),
    )
    assert load.on_duty.tolist() == [True, False, False]
    assert load.declared.tolist() == [False, True, False]


def test_a_position_grows_stale_after_half_an_hour() -> None:
    fixes = [Fix(lon=0, lat=0, accuracy_m=5, taken_at=ago(h)) for h in (0.25, 1)]
    load = loaded(someone(1, fix=fixes[0]), someone(2, fix=fixes[1]))
    assert load.stale_s.tolist() == [0, 1_800, 0]


def test_the_record_fades() -> None:
    load = loaded(someone(record=Record(1.0, 2.0, NOW - timedelta(days=90))))
    assert load.history.accepted.tolist() == pytest.approx([0, 0.5, 0])
    assert load.history.asked.tolist() == pytest.approx([0, 1, 0])


def test_people_of_the_board_who_are_not_asked_about() -> None:
    crowd = [someone(n, on_duty=True) for n in (9, 4, 2, 1)]
    assert loaded(*crowd, ids=[2, 5]).on_duty.tolist() == [True, False]
    assert loaded(*crowd, ids=[2, 4, 5, 6, 7, 8]).on_duty.tolist() == [True, True, *[False] * 4]


def test_features_of_some_rows() -> None:
    load = loaded(someone(2, on_duty=True, alerts=(Alert(ago(1)),)))
    f = features(
        load,
        np.array([1, 2]),
        np.array([300, 900], np.int32),
        np.array([False, True]),
        SEVERITY[Severity.I],
        np.array([2, 0]),
        NOW,
        UTC,
    )
    assert (f.on_duty.tolist(), f.alerts_24h.tolist()) == ([True, False], [1, 0])
    assert (f.skill_exact.tolist(), f.eta_s.tolist()) == ([True, False], [300, 900])
    assert (f.severity.tolist(), f.hazard.tolist()) == ([3, 3], [2, 0])
    assert not (f.night | f.commute).any()
