"""Ways of asking, by name."""

from __future__ import annotations

import pytest

from dispatch.drills.policies import POLICIES, book_named
from dispatch.errors import BadInput
from dispatch.matching.alerting import FixedWaves
from dispatch.matching.alerting.book import AlertBook, AlertRule
from dispatch.matching.replies import CALL_OUT

OWN = AlertBook(rules=(AlertRule(policy=FixedWaves(size=9, every_s=5.0)),), law=CALL_OUT)


def test_own_is_the_agencys_book_and_hold_is_the_desks() -> None:
    assert book_named("own", OWN) is OWN
    assert book_named("hold", OWN) == AlertBook(law=CALL_OUT)


@pytest.mark.parametrize("name", [n for n, policy in POLICIES.items() if policy is not None])
def test_the_others_ask_for_every_need_in_their_way(name: str) -> None:
    book = book_named(name, OWN)
    assert [rule.policy for rule in book.rules] == [POLICIES[name]]
    assert book.law is CALL_OUT


def test_an_unknown_way_names_those_there_are() -> None:
    with pytest.raises(BadInput, match="own, hold, nearest, broadcast"):
        book_named("shout", OWN)
