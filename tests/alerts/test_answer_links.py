from __future__ import annotations

import pytest

from dispatch.alerts.answer_links import answer_token, is_answer_token, offer_named
from dispatch.model import OfferId, VolunteerId

KEY = b"k" * 32
OFFER, PERSON = OfferId("abcdefghijkl"), VolunteerId(7)


def test_the_same_offer_has_the_same_token_and_it_names_the_offer() -> None:
    token = answer_token(KEY, OFFER, PERSON)
    assert token == answer_token(KEY, OFFER, PERSON)
    assert offer_named(token) == OFFER
    assert is_answer_token(KEY, token, OFFER, PERSON)
    assert len(token) == 12 + 1 + 22


def test_a_token_opens_its_own_offer_for_its_own_person_only() -> None:
    token = answer_token(KEY, OFFER, PERSON)
    assert not is_answer_token(KEY, token, OfferId("mnopqrstuvwx"), PERSON)
    assert not is_answer_token(KEY, token, OFFER, VolunteerId(8))
    assert not is_answer_token(b"x" * 32, token, OFFER, PERSON)


@pytest.mark.parametrize("token", ["", ".", "abcdefghijkl", "abcdefghijkl.", "a.b\udcff", "é" * 9])
def test_nonsense_opens_nothing(token: str) -> None:
    assert not is_answer_token(KEY, token, offer_named(token), PERSON)
