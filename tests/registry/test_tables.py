from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError

from dispatch.registry.tables import Codes, Instant

from .conftest import AddPerson

DIALECT = sqlite.dialect()
INSTANT = Instant()
CODES = Codes()


@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_comes_back_to_the_microsecond(instant: datetime) -> None:
    stored = INSTANT.process_bind_param(instant, DIALECT)
    assert INSTANT.process_result_value(stored, DIALECT) == instant.astimezone(UTC)


def test_an_instant_is_microseconds_since_1970() -> None:
    china = timezone(timedelta(hours=8))
    assert INSTANT.process_bind_param(datetime(1970, 1, 1, 8, 0, 1, 5, china), DIALECT) == 1_000_005
    assert INSTANT.process_bind_param(None, DIALECT) is None


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        INSTANT.process_bind_param(datetime(2026, 1, 1), DIALECT)  # noqa: DTZ001


@given(st.lists(st.text("abc-", min_size=1)))
def test_codes_come_back_sorted_and_once(codes: list[str]) -> None:
    stored = CODES.process_bind_param(codes, DIALECT)
    assert CODES.process_result_value(stored, DIALECT) == tuple(sorted(set(codes)))


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "READY"},
        {"tier": "HERO"},
        {"mode": "balloon"},
        {"home_lon": 181.0},
        {"home_lat": -91.0},
        {"turnout_s": -1},
        {"served_h": -1},
        {"seats": 61},
        {"seats": 1, "mode": "foot"},
        {"region": "nowhere"},
        {"team_id": 99},
        {"name": None},
        {"birth_on": None},
    ],
)
def test_the_store_itself_refuses_what_cannot_be(
    registry: Engine, add_person: AddPerson, changed: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError):
        add_person("V1", **changed)


def test_numbers_are_unique(add_person: AddPerson) -> None:
    add_person("V1")
    with pytest.raises(IntegrityError):
        add_person("V1")
