"""How a volunteer wants to be told, and web push from the subscription to the browser."""

from __future__ import annotations

from typing import Any

from dispatch.board.notices import of_test
from dispatch.model import Medium, SendStatus, TestId, VolunteerId
from dispatch.registry.contacts import contacts
from dispatch.settings import Settings
from tests.carriers import Browser, pushing, until
from tests.town import Town, running_town

ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/abc"


def subscription(endpoint: str = ENDPOINT) -> dict[str, Any]:
    # Browsers say it; it is of no use to us.
    return Browser(endpoint).subscription | {"expirationTime": None}


async def test_a_browser_is_told_from_the_subscription_to_the_notice_on_its_screen(
    settings: Settings,
) -> None:
    async with pushing("") as service:
        over = settings.model_copy(update={"push_services": (service.origin,)})
        async with running_town(over) as town:
            phone, commander = await town.phone(5), await town.commander()
            before = await phone.get("/push")
            service.public_key = before["public_key"]
            assert before["subscribed"] is False
            browser = service.browser("five")
            done = await phone.http.post("/api/phone/push", json=browser.subscription)
            assert done.status_code == 204
            assert (await phone.get("/push"))["subscribed"] is True

            test = await commander.done(
                "reach_test.start", name="July", volunteer_ids=[5], minutes=5
            )
            notice_id = of_test(TestId(test["test"]), VolunteerId(5))
            await until(service.shown)
            (shown,) = service.shown()
            assert (shown["notice_id"], shown["url"]) == (notice_id, "/phone")

            notices = town.app.desk.board.notices
            await until(lambda: notices[notice_id].by(Medium.PUSH))
            body = {"notice_id": notice_id}
            for _ in range(2):
                shown_ = await phone.http.post("/api/phone/push/shown", json=body)
                assert shown_.status_code == 204
            delivery = notices[notice_id].by(Medium.PUSH)
            assert delivery is not None
            assert delivery.status is SendStatus.DELIVERED


async def test_only_ones_own_notices_can_be_shown(town: Town) -> None:
    five, six, commander = await town.phone(5), await town.phone(6), await town.commander()
    test = await commander.done("reach_test.start", name="July", volunteer_ids=[5], minutes=5)
    body = {"notice_id": of_test(TestId(test["test"]), VolunteerId(5))}
    assert (await six.http.post("/api/phone/push/shown", json=body)).status_code == 403
    unknown = {"notice_id": "o-unknown"}
    assert (await five.http.post("/api/phone/push/shown", json=unknown)).status_code == 204


NO_BROWSERS: list[tuple[dict[str, Any], str]] = [
    ({"endpoint": "https://internal.example/admin"}, "UNKNOWN_PUSH_SERVICE"),
    ({"endpoint": "http://169.254.169.254/latest"}, "UNKNOWN_PUSH_SERVICE"),
    ({"keys": {"p256dh": "AAAA", "auth": "AAAA"}}, "BAD_PUSH_KEYS"),
    ({"keys": {}}, "BAD_REQUEST"),
    ({"endpoint": ENDPOINT + "x" * 1_000}, "BAD_REQUEST"),
]


async def test_what_is_no_browser_is_refused(town: Town) -> None:
    phone = await town.phone(5)
    for change, code in NO_BROWSERS:
        refused = await phone.http.post("/api/phone/push", json=subscription() | change)
        assert refused.json()["error"]["code"] == code
    assert (await phone.get("/push"))["subscribed"] is False


async def test_browsers_are_ended_one_by_one_or_all_at_once(town: Town) -> None:
    phone = await town.phone(5)

    def held() -> int:
        return len(contacts(town.app.engine, [VolunteerId(5)])[VolunteerId(5)].push)

    for name in "abc":
        await phone.http.post("/api/phone/push", json=subscription(ENDPOINT + name))
    one = {"endpoint": ENDPOINT + "a"}
    ended = await phone.http.request("DELETE", "/api/phone/push", json=one)
    assert (ended.status_code, held()) == (204, 2)
    assert (await phone.http.delete("/api/phone/push")).status_code == 204
    assert held() == 0


async def test_preferences_are_what_was_chosen_last(town: Town) -> None:
    phone = await town.phone(5)
    assert await phone.get("/contact") == {
        "language": None, "quiet_from": None, "quiet_until": None,
    }  # fmt: skip
    chosen = {"language": "en", "quiet_from": "22:30", "quiet_until": "06:00"}
    assert (await phone.http.put("/api/phone/contact", json=chosen)).json() == chosen
    assert await phone.get("/contact") == chosen
    assert contacts(town.app.engine, [VolunteerId(5)])[VolunteerId(5)].quiet == (1_350, 360)
    await phone.http.put("/api/phone/contact", json={"language": "zh"})
    assert (await phone.get("/contact"))["quiet_from"] is None


SENSELESS = [
    {"language": "fr"},
    {"quiet_from": "22:00"},
    {"quiet_from": "24:00", "quiet_until": "06:00"},
    {"chat": "json://127.0.0.1/"},
]


async def test_preferences_that_make_no_sense_are_refused(town: Town) -> None:
    phone = await town.phone(5)
    for body in SENSELESS:
        assert (await phone.http.put("/api/phone/contact", json=body)).status_code == 422


async def test_nothing_of_it_without_a_session(town: Town) -> None:
    phone = await town.phone(5)
    phone.http.cookies.clear()
    for method, path in [
        ("GET", "push"), ("POST", "push"), ("DELETE", "push"), ("POST", "push/shown"),
        ("GET", "contact"), ("PUT", "contact"),
    ]:  # fmt: skip
        refused = await phone.http.request(method, f"/api/phone/{path}", json={})
        assert refused.status_code == 401, path
