from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, delete
from sqlalchemy.exc import IntegrityError

from dispatch.model import Role, VolunteerId
from dispatch.registry.access import revoke
from dispatch.registry.contacts import (
    PUSH_MOST,
    Contact,
    Preferences,
    add_push,
    contacts,
    end_push,
    forget_push,
    owners,
    prefer,
    preferences,
    set_group,
)
from dispatch.registry.engine import writing
from dispatch.registry.tables import volunteer

from .conftest import AddPerson


def _one(engine: Engine, person: VolunteerId) -> Contact:
    return contacts(engine, [person])[person]


def test_without_a_word_of_theirs_the_roster_says_how_to_reach_people(
    registry: Engine, add_person: AddPerson
) -> None:
    one = add_person("V1", phone="+99900000001", languages=("en",))
    two = add_person("V2", phone="+99900000002", languages=("en", "zh"), team_id=None)
    three = add_person("V3", phone="+99900000003")
    found = contacts(registry, [one, two, three, VolunteerId(999)])
    assert list(found) == [one, two, three]
    assert [found[who].phone[-1] for who in (one, two, three)] == ["1", "2", "3"]
    assert [found[who].language for who in (one, two, three)] == ["en", "zh", "zh"]
    assert {(c.push, c.chat, c.group, c.quiet) for c in found.values()} == {((), "", "", None)}


def test_what_people_choose_replaces_what_they_chose_before(
    registry: Engine, add_person: AddPerson
) -> None:
    person = add_person("V1")
    assert preferences(registry, person) == Preferences()
    prefer(registry, person, Preferences(language="en", quiet=(22 * 60, 7 * 60)))
    assert _one(registry, person).quiet == (1320, 420)
    chosen = Preferences(language="en")
    prefer(registry, person, chosen)
    assert preferences(registry, person) == chosen
    assert (_one(registry, person).language, _one(registry, person).quiet) == ("en", None)


@pytest.mark.parametrize(
    "chosen", [Preferences(language="fr"), Preferences(quiet=(0, 1440)), Preferences(quiet=(-1, 5))]
)
def test_the_store_refuses_what_makes_no_sense(
    registry: Engine, add_person: AddPerson, chosen: Preferences
) -> None:
    with pytest.raises(IntegrityError):
        prefer(registry, add_person("V1"), chosen)


def test_a_teams_group_reaches_its_members_only(registry: Engine, add_person: AddPerson) -> None:
    member, other = add_person("V1", team_id=2), add_person("V2", team_id=1)
    set_group(registry, 2, "json://127.0.0.1/")
    assert [_one(registry, who).group for who in (member, other)] == ["json://127.0.0.1/", ""]
    set_group(registry, 2, "")
    assert _one(registry, member).group == ""


def _subscribe(engine: Engine, person: VolunteerId, name: str, at: datetime) -> None:
    add_push(engine, person, f"https://push.example/{name}", "key", "auth", at)


def _endpoints(engine: Engine, person: VolunteerId) -> list[str]:
    return [json.loads(a.text)["endpoint"][-1] for a in _one(engine, person).push]


def test_a_browser_is_told_as_its_subscription_says(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    person = add_person("V1")
    _subscribe(registry, person, "a", now)
    (address,) = _one(registry, person).push
    keys = {"p256dh": "key", "auth": "auth"}
    assert json.loads(address.text) == {"endpoint": "https://push.example/a", "keys": keys}


def test_a_browser_belongs_to_whom_it_spoke_for_last(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    one, two = add_person("V1"), add_person("V2")
    _subscribe(registry, one, "a", now)
    _subscribe(registry, two, "a", now)
    assert (_endpoints(registry, one), _endpoints(registry, two)) == ([], ["a"])


def test_the_newest_browsers_of_a_person_are_kept(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    one, other = add_person("V1"), add_person("V2")
    _subscribe(registry, other, "z", now - timedelta(days=1))
    for n, name in enumerate("abcdef"):
        _subscribe(registry, one, name, now + timedelta(seconds=n))
    assert _endpoints(registry, one) == list("bcdef")
    assert len(_endpoints(registry, one)) == PUSH_MOST
    assert _endpoints(registry, other) == ["z"]


def test_people_end_their_own_browsers_only(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    one, two = add_person("V1"), add_person("V2")
    for name, who in (("a", one), ("b", one), ("c", two)):
        _subscribe(registry, who, name, now)
    end_push(registry, one, "https://push.example/c")
    end_push(registry, one, "https://push.example/a")
    assert (_endpoints(registry, one), _endpoints(registry, two)) == (["b"], ["c"])
    end_push(registry, one)
    assert (_endpoints(registry, one), _endpoints(registry, two)) == ([], ["c"])


def test_a_browser_its_service_does_not_know_is_forgotten(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    person = add_person("V1")
    for name in "ab":
        _subscribe(registry, person, name, now)
    forget_push(registry, [_one(registry, person).push[0].id])
    assert _endpoints(registry, person) == ["b"]


def test_a_lost_phone_is_told_nothing_any_more(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    one, two = add_person("V1"), add_person("V2")
    _subscribe(registry, one, "a", now)
    _subscribe(registry, two, "b", now)
    assert revoke(registry, Role.VOLUNTEER, str(one), now) == 1
    assert (_endpoints(registry, one), _endpoints(registry, two)) == ([], ["b"])


def test_an_erased_person_leaves_no_address(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    person = add_person("V1")
    _subscribe(registry, person, "a", now)
    prefer(registry, person, Preferences(language="en"))
    with writing(registry) as connection:
        connection.execute(delete(volunteer).where(volunteer.c.id == person))
    assert contacts(registry, [person]) == {}
    assert preferences(registry, person) == Preferences()


def test_a_phone_is_found_with_and_without_its_plus(
    registry: Engine, add_person: AddPerson
) -> None:
    one = add_person("V1", phone="+99900000001")
    two = add_person("V2", phone="99900000001")
    add_person("V3", phone="9900000001")
    for spelt in ("+999 0000 0001", "99900000001", "+999-00000001"):
        assert owners(registry, spelt) == [one, two]
    assert owners(registry, "+") == []
