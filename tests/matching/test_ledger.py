"""The ledger says of everybody what their record says, whatever it has seen before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.board import Alert, Board, Person, Record
from dispatch.matching.facts import is_available
from dispatch.matching.ledger import Ledger
from dispatch.model import AgencyId, Fix, VolunteerId
from dispatch.views import resting_until

NOW = datetime(2026, 7, 20, 12, tzinfo=UTC)
IDS = np.array([2, 3, 5, 8], np.int64)

ago = st.integers(0, 9 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes))
fixes = st.builds(Fix, lon=st.just(1.0), lat=st.just(2.0), accuracy_m=st.just(5.0), taken_at=ago)
spans = st.tuples(ago, st.integers(1, 900)).map(lambda s: (s[0], s[0] + timedelta(minutes=s[1])))


@st.composite
def people(draw: st.DrawFn) -> dict[VolunteerId, Person]:
    found = {}
    for v in draw(st.sets(st.integers(1, 9))):
        found[VolunteerId(v)] = Person(
            id=VolunteerId(v),
            available=draw(st.sampled_from([None, True, False])),
            available_until=draw(st.none() | ago | st.just(NOW + timedelta(hours=1))),
            on_duty=draw(st.booleans()),
            fix=draw(st.none() | fixes),
            alerts=tuple(
                Alert(at, weight)
                for at, weight in draw(st.lists(st.tuples(ago, st.sampled_from([0.5, 1.0]))))
            ),
            record=draw(st.just(Record()) | ago.map(lambda at: Record(1.5, 4.0, at))),
            shifts=tuple(sorted(draw(st.lists(spans, max_size=3)))),
        )
    return found


def board(of: dict[VolunteerId, Person]) -> Board:
    return Board(agency=AgencyId("test"), people=of)


def holds(ledger: Ledger, of: Board) -> None:
    standing = np.array([True, False, True, False])
    for row, v in enumerate(map(VolunteerId, IDS.tolist())):
        person = of.person(v)
        day, week = timedelta(days=1), timedelta(days=7)
        assert ledger.alerts_within(day, NOW)[row] == person.alerts_within(day, NOW)
        assert ledger.alerts_within(week, NOW)[row] == person.alerts_within(week, NOW)
        available = is_available(person, bool(standing[row]), NOW)
        assert ledger.available(standing, NOW)[row] == available
        rest = resting_until(person)
        rests = ledger.rests_until[row] > (NOW - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND
        assert rests == (rest is not None and rest > NOW)
        assert ledger.on_duty[row] == person.on_duty
        assert np.isnan(ledger.lon[row]) == (person.fix is None)
        accepted, asked = ledger.record(NOW, 90.0)
        assert (accepted[row], asked[row]) == pytest.approx(person.record.at(NOW, 90.0))
        spent = sum(
            max(0.0, (end - max(start, NOW - day)).total_seconds()) for start, end in person.shifts
        )
        assert ledger.task_s(NOW)[row] == int(spent)


MICROSECOND = timedelta(microseconds=1)


@given(people(), people())
def test_it_says_what_the_records_say_after_whatever_it_saw(
    before: dict[VolunteerId, Person], after: dict[VolunteerId, Person]
) -> None:
    ledger = Ledger(IDS)
    for one in (board(before), board(before | after), board(after)):
        ledger.update(one)
        holds(ledger, one)
    holds(Ledger.of(board(after), IDS), board(after))


def test_only_people_of_its_roster_are_in_it() -> None:
    known = {VolunteerId(v): Person(id=VolunteerId(v)) for v in (1, 3, 4, 8)}
    assert Ledger.of(board(known), IDS).people().tolist() == [1, 3]
    many = {VolunteerId(v): Person(id=VolunteerId(v)) for v in range(1, 50)}
    assert Ledger.of(board(many), IDS).people().tolist() == [0, 1, 2, 3]
