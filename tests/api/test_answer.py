"""The link in a text message: it opens one offer of one person, while it is open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from dispatch.alerts.answer_links import answer_token
from dispatch.api.answer import GUESSES_MOST, Guesses
from dispatch.model import Medium, OfferStatus, VolunteerId
from dispatch.settings import Settings
from tests.api.lines import Wired, wired


@pytest.fixture
async def line(settings: Settings) -> AsyncIterator[Wired]:
    async with wired(settings) as found:
        yield found


@pytest.fixture
async def http(line: Wired) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without any session."""
    base = line.town.base
    async with httpx.AsyncClient(base_url=base, headers={"Origin": base}, timeout=30) as client:
        yield client


async def say(http: httpx.AsyncClient, token: str, action_id: str, **body: Any) -> httpx.Response:
    return await http.post(f"/api/answer/{token}", json={"action_id": action_id, **body})


async def test_the_link_in_the_message_shows_the_offer_and_changes_nothing(
    line: Wired, http: httpx.AsyncClient
) -> None:
    offer = await line.asks()
    token = line.token(offer)
    shown = (await http.get(f"/api/answer/{token}")).json()
    assert shown["offer"]["id"] == offer.id
    assert shown["offer"]["need"]["site"]["name"] == "Puente"
    assert (shown["status"], shown["exercise"], shown["language"]) == ("OPEN", False, "zh")
    assert set(shown["agency"]["names"]) == {"zh", "en"}
    assert {name: set(of) for name, of in shown["names"].items()} == {
        what: {"zh", "en"} for what in ("skill", "kind", "hazard")
    }
    page = await http.get(f"/a/{token}")
    assert page.status_code in (200, 503), "503 where the front end is not built"
    assert line.notice(offer).seen_at is None


async def test_the_page_says_when_its_person_sees_it(line: Wired, http: httpx.AsyncClient) -> None:
    offer = await line.asks()
    assert (await say(http, line.token(offer), "answer-1", seen=True)).status_code == 200
    assert line.notice(offer).seen_by is Medium.SMS
    assert line.offer(offer.id).status is OfferStatus.OPEN


async def test_who_accepts_comes_in_by_a_link_of_their_own_and_once(
    line: Wired, http: httpx.AsyncClient
) -> None:
    offer = await line.asks()
    token = line.token(offer)
    accepted = await say(http, token, "answer-1", answer="accept", brings=["BOAT"])
    body = accepted.json()
    assert body["ids"]["assignment"]
    entered = await http.get(body["enter"])
    assert entered.headers["location"] == "/phone"
    who = (await http.get("/api/phone/session")).json()
    assert who["id"] == str(offer.volunteer_id)
    again = (await say(http, token, "answer-1", answer="accept", brings=["BOAT"])).json()
    assert (again["repeated"], again["ids"]) == (True, body["ids"])


async def test_a_link_is_of_no_use_once_it_is_answered(
    line: Wired, http: httpx.AsyncClient
) -> None:
    offer = await line.asks()
    token = line.token(offer)
    declined = await say(http, token, "answer-1", answer="decline", reason="BUSY")
    assert "enter" not in declined.json()
    for refused in (
        await http.get(f"/api/answer/{token}"),
        await say(http, token, "answer-2", answer="accept"),
    ):
        error = refused.json()["error"]
        assert (refused.status_code, error["code"]) == (409, "OFFER_ANSWERED")
        assert error["params"]["status"] == "DECLINED"


async def test_later_by_link(line: Wired, http: httpx.AsyncClient) -> None:
    offer = await line.asks()
    later = await say(http, line.token(offer), "answer-1", answer="later", ready_in_s=50_000)
    assert later.status_code == 200
    assert "enter" not in later.json()
    assert line.offer(offer.id).ready_at is not None


async def test_a_wrong_token_opens_nothing(line: Wired, http: httpx.AsyncClient) -> None:
    offer = await line.asks()
    wrong = [
        answer_token(b"x" * 32, offer.id, offer.volunteer_id),
        answer_token(line.town.app.api.state.services.link_key, offer.id, VolunteerId(1)),
        offer.id,
        f"{offer.id}.",
        "nonsense",
        "%ff.%00",
    ]
    for token in wrong:
        for refused in (
            await http.get(f"/api/answer/{token}"),
            await say(http, token, "answer-1", answer="accept"),
        ):
            assert (refused.status_code, refused.json()["error"]["code"]) == (404, "LINK_UNKNOWN")
    assert line.offer(offer.id).status is OfferStatus.OPEN


async def test_guessing_is_stopped_and_stops_no_valid_answer(
    line: Wired, http: httpx.AsyncClient
) -> None:
    offer = await line.asks()
    codes = [(await http.get("/api/answer/guess.x")).status_code for _ in range(GUESSES_MOST + 2)]
    assert codes == [404] * GUESSES_MOST + [429] * 2
    accepted = await say(http, line.token(offer), "answer-1", answer="accept")
    assert accepted.status_code == 200


async def test_a_page_of_another_site_cannot_answer(line: Wired, http: httpx.AsyncClient) -> None:
    offer = await line.asks()
    body = {"action_id": "answer-1", "answer": "accept"}
    for origin in ("https://evil.example", ""):
        refused = await http.post(
            f"/api/answer/{line.token(offer)}", json=body, headers={"Origin": origin}
        )
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "BAD_ORIGIN")
    assert line.offer(offer.id).status is OfferStatus.OPEN


MALFORMED: list[dict[str, Any]] = [
    {},
    {"seen": False},
    {"seen": True, "answer": "accept"},
    {"answer": "perhaps"},
    {"answer": "later", "ready_in_s": 86_401},
    {"answer": "accept", "brings": ["HORSE"]},
    {"answer": "accept", "offer_id": "another"},
]


async def test_what_is_malformed_is_refused(line: Wired, http: httpx.AsyncClient) -> None:
    offer = await line.asks()
    for body in MALFORMED:
        refused = await say(http, line.token(offer), "answer-1", **body)
        assert refused.status_code == 422, body


def test_addresses_are_counted_apart_and_forgiven_in_time() -> None:
    guesses, now = Guesses(), datetime(2026, 7, 20, tzinfo=UTC)
    assert not any(guesses.too_many("a", now) for _ in range(GUESSES_MOST))
    assert guesses.too_many("a", now)
    assert not guesses.too_many("b", now)
    assert not guesses.too_many("a", now + timedelta(minutes=1))
