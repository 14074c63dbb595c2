from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from dispatch.errors import Rejected
from dispatch.model import Actor, Role
from dispatch.registry.access import (
    SESSION_LIFE,
    digest,
    end_session,
    end_tracker,
    holders,
    make_link,
    make_tracker,
    revoke,
    tracked_by,
    use_link,
)
from dispatch.registry.engine import reading
from dispatch.registry.tables import access_link, access_session

from .conftest import AddPerson

HOUR = timedelta(hours=1)
ANNA = Actor(role=Role.COMMANDER, id="anna")


def check_session(engine: Engine, token: str, now: datetime) -> Actor | None:
    return holders(engine, [digest(token)], now).get(digest(token))


def test_a_link_opens_a_session(registry: Engine, now: datetime) -> None:
    token = make_link(registry, Role.COMMANDER, "anna", now, HOUR)
    session = use_link(registry, token, now + HOUR / 2)
    assert session.actor == ANNA
    assert session.expires_at == now + HOUR / 2 + SESSION_LIFE
    assert check_session(registry, session.token, now + HOUR) == ANNA


def test_a_volunteer_enters_as_themselves(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    volunteer_id = add_person("V1")
    token = make_link(registry, Role.VOLUNTEER, str(volunteer_id), now, HOUR)
    assert use_link(registry, token, now).actor.volunteer_id == volunteer_id


@pytest.mark.parametrize("subject", ["99", "anna", "", "01", "-1", "1 ", "٣", "9" * 30])
def test_a_link_for_nobody_is_refused(
    registry: Engine, add_person: AddPerson, now: datetime, subject: str
) -> None:
    assert add_person("V1") == 1
    with pytest.raises(Rejected) as refusal:
        make_link(registry, Role.VOLUNTEER, subject, now, HOUR)
    assert refusal.value.code == "NOT_FOUND"


def test_the_system_does_not_log_in(registry: Engine, now: datetime) -> None:
    with pytest.raises(ValueError, match="does not log in"):
        make_link(registry, Role.SYSTEM, "desk", now, HOUR)


def test_tokens_are_long_different_and_stored_as_hashes_only(
    registry: Engine, now: datetime
) -> None:
    tokens = {make_link(registry, Role.COMMANDER, "anna", now, HOUR) for _ in range(20)}
    sessions = {use_link(registry, token, now).token for token in tokens}
    assert len(tokens | sessions) == 40
    assert min(map(len, tokens | sessions)) >= 43
    with reading(registry) as connection:
        stored = {
            value
            for table in (access_link, access_session)
            for row in connection.execute(select(table))
            for value in row
        }
    assert not stored & (tokens | sessions)


def _refused(engine: Engine, token: str, now: datetime) -> str:
    with pytest.raises(Rejected) as refusal:
        use_link(engine, token, now)
    return refusal.value.code


def test_a_link_works_once(registry: Engine, now: datetime) -> None:
    token = make_link(registry, Role.COMMANDER, "anna", now, HOUR)
    use_link(registry, token, now)
    assert _refused(registry, token, now) == "LINK_USED"
    assert _refused(registry, token, now + 2 * HOUR) == "LINK_USED"


def test_an_expired_or_invented_link_is_unknown(registry: Engine, now: datetime) -> None:
    token = make_link(registry, Role.COMMANDER, "anna", now, HOUR)
    assert _refused(registry, token, now + HOUR) == "LINK_UNKNOWN"
    assert _refused(registry, "invented", now) == "LINK_UNKNOWN"


def test_of_many_at_once_exactly_one_wins(registry: Engine, now: datetime) -> None:
    for _ in range(5):
        token = make_link(registry, Role.COMMANDER, "anna", now, HOUR)

        def attempt(_: int, token: str = token) -> str:
            try:
                return use_link(registry, token, now).actor.id
            except Rejected as refusal:
                return refusal.code

        with ThreadPoolExecutor(8) as pool:
            outcomes = sorted(pool.map(attempt, range(8)))
        assert outcomes == ["LINK_USED"] * 7 + ["anna"]
    with reading(registry) as connection:
        assert len(connection.execute(select(access_session)).all()) == 5


def test_a_session_is_over_after_twelve_hours(registry: Engine, now: datetime) -> None:
    session = use_link(registry, make_link(registry, Role.COMMANDER, "anna", now, HOUR), now)
    last = now + timedelta(hours=12) - timedelta(microseconds=1)
    assert check_session(registry, session.token, last) == ANNA
    assert check_session(registry, session.token, now + timedelta(hours=12)) is None


def test_leaving_ends_the_session_for_good(registry: Engine, now: datetime) -> None:
    session = use_link(registry, make_link(registry, Role.COMMANDER, "anna", now, HOUR), now)
    end_session(registry, session.token, now)
    end_session(registry, session.token, now)
    end_session(registry, "invented", now)
    assert check_session(registry, session.token, now) is None


def test_revoking_ends_all_of_one_person_and_nobody_elses(registry: Engine, now: datetime) -> None:
    def enter(subject: str) -> str:
        link = make_link(registry, Role.COMMANDER, subject, now, HOUR)
        return use_link(registry, link, now).token

    lost, second, other = enter("anna"), enter("anna"), enter("bert")
    open_link = make_link(registry, Role.COMMANDER, "anna", now, HOUR)
    assert revoke(registry, Role.COMMANDER, "anna", now) == 3
    assert revoke(registry, Role.COMMANDER, "anna", now) == 0
    assert check_session(registry, lost, now) is None
    assert check_session(registry, second, now) is None
    assert check_session(registry, other, now) is not None
    assert _refused(registry, open_link, now) == "LINK_USED"


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.text(st.characters(), max_size=100))
def test_any_cookie_misses_quietly(registry: Engine, now: datetime, token: str) -> None:
    assert check_session(registry, token, now) is None
    assert _refused(registry, token, now) == "LINK_UNKNOWN"


def test_many_sessions_are_looked_up_at_once(registry: Engine, now: datetime) -> None:
    tokens = []
    for name in ("anna", "bert", "cleo"):
        link = make_link(registry, Role.COMMANDER, name, now, HOUR)
        tokens.append(use_link(registry, link, now).token)
    end_session(registry, tokens[1], now)
    digests = [digest(t) for t in (*tokens, "unknown")]
    cleo = Actor(role=Role.COMMANDER, id="cleo")
    assert holders(registry, digests, now) == {digests[0]: ANNA, digests[2]: cleo}
    assert holders(registry, digests, now + SESSION_LIFE) == {}
    assert holders(registry, [], now) == {}


def test_a_tracker_says_whose_it_is_and_opens_nothing(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    one, two = add_person("V1"), add_person("V2")
    token, other = make_tracker(registry, one, now), make_tracker(registry, two, now)
    assert (tracked_by(registry, token), tracked_by(registry, other)) == (one, two)
    assert check_session(registry, token, now) is None
    assert tracked_by(registry, "") is None


def test_a_new_tracker_ends_the_one_before(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    one = add_person("V1")
    first, second = make_tracker(registry, one, now), make_tracker(registry, one, now)
    assert (tracked_by(registry, first), tracked_by(registry, second)) == (None, one)
    end_tracker(registry, one, now)
    end_tracker(registry, one, now)
    assert tracked_by(registry, second) is None


def test_a_lost_phone_loses_its_tracker_too(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    one, two = add_person("V1"), add_person("V2")
    token, other = make_tracker(registry, one, now), make_tracker(registry, two, now)
    assert revoke(registry, Role.VOLUNTEER, str(one), now) == 1
    assert (tracked_by(registry, token), tracked_by(registry, other)) == (None, two)
