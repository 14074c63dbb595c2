"""What the carrier tells us, over real HTTP: from a message on a phone to the answer in the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from dispatch.alerts.signing import signed
from dispatch.model import Medium, OfferStatus, SendStatus
from dispatch.settings import Settings
from tests.api.lines import Wired, wired
from tests.carriers import SECRET, until
from tests.town import Town

NOW = "2026-07-20T08:00:00Z"
REPORT = {"id": "o-x/SMS", "status": "FAILED", "at": NOW}
REPLY = {"id": "x", "from": "+99900000001", "text": "1", "at": NOW}


@pytest.fixture
async def line(settings: Settings) -> AsyncIterator[Wired]:
    async with wired(settings) as found:
        yield found


async def post(
    base: str, what: str, body: Any, secret: bytes = SECRET, off_s: float = 0
) -> httpx.Response:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    headers = signed(secret, raw, datetime.now(UTC) + timedelta(seconds=off_s))
    async with httpx.AsyncClient(base_url=base) as http:
        return await http.post(f"/api/hooks/{what}", content=raw, headers=headers)


async def test_who_is_asked_reads_it_answers_and_is_expected(line: Wired) -> None:
    offer = await line.asks()
    assert "Puente" in line.texts(offer)[0]
    await until(lambda: line.notice(offer).by(Medium.SMS).status is SendStatus.DELIVERED)
    assert line.carrier.write(line.phone_of(offer), "1 带车")
    await until(lambda: line.offer(offer.id).status is OfferStatus.ACCEPTED)
    await until(lambda: len(line.texts(offer)) == 2)
    assert "Puente" in line.texts(offer)[1]
    assert [m.value for m in line.offer(offer.id).brings] == ["CAR"]


async def test_a_reply_that_comes_many_times_is_one_answer(line: Wired) -> None:
    offer = await line.asks()
    reply = {"id": "r1", "from": line.phone_of(offer), "text": "2", "at": NOW}
    answers = await asyncio.gather(*(post(line.town.base, "replies", reply) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {204}
    assert line.offer(offer.id).status is OfferStatus.DECLINED
    stored = await line.town.app.log.read(line.town.app.agency.id, 0, 10_000)
    assert sum(type(s.event).__name__ == "OfferDeclined" for s in stored) == 1


async def test_nobody_without_the_secret_is_heard(line: Wired) -> None:
    base = line.town.base
    for refused in (
        await post(base, "reports", [REPORT], b"another"),
        await post(base, "replies", REPLY, b"another"),
        await post(base, "replies", REPLY, off_s=-400),
        await post(base, "replies", REPLY, off_s=400),
        await post(base, "replies", REPLY, b""),
        await _unsigned(base, "reports"),
        await _unsigned(base, "replies"),
    ):
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "BAD_SIGNATURE")


async def _unsigned(base: str, what: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=base) as http:
        return await http.post(f"/api/hooks/{what}", json=[])


async def test_without_a_gateway_nobody_is_heard(town: Town) -> None:
    for what, body in (("reports", [REPORT]), ("replies", REPLY)):
        assert (await post(town.base, what, body, b"")).status_code == 401


MALFORMED: list[tuple[str, Any]] = [
    ("reports", {}),
    ("reports", [REPORT | {"status": "SENT"}]),
    ("reports", [REPORT | {"because": "+999 is off"}]),
    ("reports", [REPORT | {"at": "2026-07-20T08:00:00"}]),
    ("reports", [REPORT] * 1_001),
    ("reports", [REPORT | {"extra": 1}]),
    ("replies", REPLY | {"from": "a person"}),
    ("replies", REPLY | {"text": "1" * 2_001}),
    ("replies", b"\xff"),
    ("replies", b"[" * 10_000),
]


async def test_what_is_malformed_is_refused_without_repeating_it(line: Wired) -> None:
    for what, body in MALFORMED:
        refused = await post(line.town.base, what, body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "BAD_REQUEST")
        assert "+999" not in refused.text


async def test_reports_of_what_nobody_knows_are_passed_over(line: Wired) -> None:
    ids = ["o-none/SMS", "re/sms-1", "o-x/PUSH/7", "n-1/CHAT/group", "nonsense", "w-z-5/VOICE"]
    reports = [{"id": i, "status": "DELIVERED", "at": NOW, "digits": "1"} for i in ids]
    seq = line.town.app.desk.board.seq
    assert (await post(line.town.base, "reports", reports)).status_code == 204
    assert line.town.app.desk.board.seq == seq


async def test_reports_come_late_repeated_and_in_any_order(line: Wired) -> None:
    offer = await line.asks()
    report = {"id": f"o-{offer.id}/SMS", "status": "DELIVERED", "at": NOW}
    failed = report | {"status": "FAILED", "because": "UNREACHABLE"}
    for one in (report, failed, report, report):
        assert (await post(line.town.base, "reports", [one])).status_code == 204
    assert line.notice(offer).by(Medium.SMS).status is SendStatus.DELIVERED


async def test_neither_numbers_nor_words_of_people_are_stored(line: Wired) -> None:
    offer = await line.asks()
    phone = line.phone_of(offer)
    line.carrier.write(phone, "去，带船")
    await until(lambda: line.offer(offer.id).status is OfferStatus.ACCEPTED)
    app = line.town.app
    stored = repr(await app.log.read(app.agency.id, 0, 10_000))
    assert phone.lstrip("+") not in stored
    assert "带船" not in stored
