"""How people are told and answer, over real HTTP with the carrier that only plays: a text message
and its link, a later yes, a reach test, and an alert for a page that is closed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from tests.browser.conftest import PHONE, SLOW_MS, WALL, Watched, confirm, fill, opened, ready
from tests.browser.test_call import add_need, open_incident

pytestmark = pytest.mark.browser

PACE = "0.001"
"""The crowd is silent: only these phones answer."""

FIRST_AID, BOAT = "First aider", "Boat"
NUMBERS = {f"DEMO-{n}": f"+9995550000{n}" for n in (1, 2, 3)}


@pytest.fixture(scope="module")
def command(command: Watched) -> Watched:
    """The commander's page with an incident and a need for three first aiders."""
    open_incident(command)
    add_need(command)
    return command


@pytest.fixture(scope="module")
def phone(browser: Browser, links: dict[str, str]) -> Iterator[Watched]:
    """DEMO-2, available, may be shown alerts."""
    watched = opened(browser, links["DEMO-2"], PHONE, "zh-CN")
    watched.page.context.grant_permissions(["notifications"])
    available(watched.page)
    yield watched
    watched.page.context.close()


def available(page: Page) -> None:
    ready(page, "live")
    page.get_by_test_id("availability").click()
    expect(page.get_by_test_id("availability")).to_contain_text("暂停待命")


def card(command: Watched, skill: str) -> Locator:
    """The need for this skill."""
    return command.page.locator("#drawer article").filter(has_text=skill)


def offer_to(command: Watched, skill: str, number: str) -> None:
    """Ask one person by hand."""
    page = command.page
    card(command, skill).get_by_test_id("choose").click()
    page.get_by_test_id("named").fill(number)
    page.get_by_test_id("named").press("Enter")
    page.get_by_test_id("why").get_by_test_id("offer").click()
    confirm(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")


def people(command: Watched, skill: str) -> Locator:
    """The lines of everybody asked for a need."""
    shown = card(command, skill).get_by_test_id("people")
    expect(shown).to_have_count(1)
    if shown.get_attribute("aria-expanded") == "false":
        shown.click()
    return card(command, skill).locator("li").filter(has=command.page.locator(".status"))


def inbox(page: Page, messages: str, number: str) -> list[dict[str, Any]]:
    """What the carrier has for a phone."""
    found: list[dict[str, Any]] = page.request.get(f"{messages}phones/{NUMBERS[number]}").json()
    return found


def link_in_inbox(page: Page, messages: str, number: str) -> str:
    """The link in the phone's first text message, once it has come."""
    page.goto(messages)
    page.get_by_text(number).first.click()
    expect(page.get_by_text(re.compile("/a/")).first).to_be_visible(timeout=SLOW_MS)
    text = next(m["text"] for m in inbox(page, messages, number) if "/a/" in m["text"])
    found = re.search(r"http\S+/a/\S+", text)
    assert found is not None, text
    return found[0]


def test_a_text_message_is_answered_by_its_link(
    browser: Browser, links: dict[str, str], command: Watched
) -> None:
    own = opened(browser, links["DEMO-3"], PHONE, "zh-CN")
    available(own.page)
    own.page.context.close()

    offer_to(command, FIRST_AID, "DEMO-3")
    context = browser.new_context(viewport=PHONE, locale="en-GB")  # type: ignore[arg-type]
    answer = Watched(context.new_page())
    link = link_in_inbox(answer.page, links["Messages"], "DEMO-3")
    answer.shot("40-carrier-inbox")
    line = people(command, FIRST_AID).filter(has_text="演示丙")
    expect(line.get_by_test_id("told-SMS")).to_have_class(re.compile("DELIVERED"))
    expect(line.get_by_test_id("seen")).to_have_count(0)
    command.shot("41-command-told")

    answer.page.goto(link)
    expect(answer.page.get_by_test_id("asked")).to_contain_text("请在此时间内答复")
    expect(answer.page.get_by_test_id("asked")).to_contain_text("Plaza")
    answer.shot("42-answer-asked-zh")
    answer.page.get_by_test_id("lang").click()
    expect(answer.page.get_by_test_id("accept")).to_have_text("Accept")
    wide = answer.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], "nothing sticks out of a small phone"
    answer.shot("43-answer-asked-en")
    expect(line.get_by_test_id("seen")).to_have_count(1)
    expect(command.page.get_by_test_id("funnel-seen")).to_contain_text("1")

    answer.page.get_by_test_id("accept").click()
    expect(answer.page.get_by_test_id("outcome")).to_have_attribute("data-outcome", "YES")
    answer.shot("44-answer-accepted")
    expect(line).to_contain_text("accepted")
    expect(command.page.get_by_test_id("funnel-answered")).to_contain_text("1")
    command.shot("45-command-accepted-by-link")

    answer.page.reload()
    expect(answer.page.get_by_test_id("outcome")).to_have_attribute("data-outcome", "YES")
    answer.page.get_by_test_id("enter").click()
    expect(answer.page.get_by_test_id("task-status").first).to_be_visible()
    assert answer.errors == []
    context.close()


def test_a_link_that_opens_nothing_says_so(browser: Browser, links: dict[str, str]) -> None:
    base = links["Commander"].split("/enter/")[0]
    context = browser.new_context(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{base}/a/nothing.here")
    expect(page.get_by_test_id("closed")).to_have_attribute("data-code", "LINK_UNKNOWN")
    expect(page.get_by_test_id("closed")).to_contain_text("该链接无效")
    context.close()


def test_an_answer_waits_for_the_network_and_is_given_once(
    browser: Browser, links: dict[str, str]
) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(somebodys_link(page, links["Messages"]))
    expect(page.get_by_test_id("asked")).to_be_visible()
    context.set_offline(True)
    page.get_by_test_id("decline").click()
    page.get_by_test_id("decline-TOO_FAR").click()
    expect(page.get_by_test_id("sending")).to_contain_text(re.compile("等待网络|Waiting"))
    context.set_offline(False)
    expect(page.get_by_test_id("outcome")).to_have_attribute("data-outcome", "NO")
    page.reload()
    expect(page.get_by_test_id("outcome")).to_have_attribute("data-outcome", "NO")
    context.close()


def somebodys_link(page: Page, messages: str) -> str:
    """The link of one of the crowd whom the demo's own incidents ask."""
    page.goto(messages)
    # Twenty seconds after an offer the texts go; the inbox shows each phone as it is written to.
    expect(page.locator("body")).to_contain_text(re.compile(r"\+999(?!555)"), timeout=2 * SLOW_MS)
    for one in page.request.get(f"{messages}phones").json():
        for message in page.request.get(f"{messages}phones/{one['phone']}").json():
            found = re.search(r"http\S+/a/\S+", message["text"])
            if found and one["phone"] not in NUMBERS.values():
                return found[0]
    raise AssertionError("nobody of the crowd has been sent a link")


def add_boat_need(command: Watched) -> None:
    page = command.page
    page.get_by_test_id("add-need").click()
    fill(page, n_skill="BOAT", n_min="1", n_desired="1", n_max="1")
    page.get_by_test_id("n-verified").check()
    page.get_by_test_id("n-submit").click()
    expect(card(command, BOAT)).to_have_count(1)


def test_a_later_yes_is_kept_as_a_promise(command: Watched, phone: Watched) -> None:
    add_boat_need(command)
    offer_to(command, BOAT, "DEMO-2")
    page = phone.page
    expect(page.get_by_test_id("offer-card")).to_be_visible()
    line = people(command, BOAT).filter(has_text="演示乙")
    expect(line.get_by_test_id("seen")).to_have_count(1)
    phone.shot("46-phone-offer")
    page.get_by_test_id("later").click()
    sheet = page.get_by_test_id("later-sheet")
    sheet.get_by_test_id("later-120").click()
    sheet.locator("summary").click()
    sheet.get_by_test_id("bring-GENERATOR").click()
    expect(sheet).to_contain_text("晚于时限")
    phone.shot("47-phone-later")
    page.get_by_test_id("later-send").click()
    expect(page.get_by_test_id("task-status")).to_have_attribute("data-status", "LATER")
    phone.shot("48-phone-later-noted")
    later = command.page.get_by_test_id("can-come-later")
    expect(later).to_contain_text("generator")
    expect(later).to_contain_text("May be asked from")
    expect(later.get_by_test_id("ask-again")).to_be_disabled()
    command.shot("49-command-later")
    page.get_by_test_id("understood").click()
    expect(page.get_by_test_id("availability")).to_be_visible()


def test_a_reach_test_says_who_is_reached(command: Watched, phone: Watched) -> None:
    page = command.page
    page.get_by_test_id("reach-test").click()
    page.get_by_test_id("reach-team").select_option(label="演示手机 Demo phones (3)")
    page.get_by_test_id("reach-name").fill("Monday test")
    page.get_by_test_id("reach-start").click()
    confirm(page)
    expect(page.get_by_test_id("reach-seen")).to_have_text("0 of 3")

    expect(phone.page.get_by_test_id("reach-test")).to_contain_text("Monday test")
    phone.shot("50-phone-reach-test")
    alerted(phone, f"t-{test_id(page)}-{person_id(phone.page)}")
    expect(page.get_by_test_id("reach-delivered")).to_have_text("1 of 3")
    phone.page.get_by_test_id("here").click()
    expect(page.get_by_test_id("reach-seen")).to_have_text("1 of 3")
    phone.shot("51-phone-reach-test-done")
    phone.page.get_by_test_id("test-close").click()
    expect(phone.page.get_by_test_id("availability")).to_be_visible()

    page.get_by_test_id("reach-report").click()
    table = page.get_by_test_id("reach-people")
    expect(table.locator("tbody tr")).to_have_count(3)
    expect(table.locator("tbody tr").filter(has_text="演示乙")).to_contain_text("seen")
    command.shot("52-command-reach-test")
    href = page.get_by_test_id("reach-csv").get_attribute("href")
    assert href is not None
    sheet = page.request.get(page.url.split("/command")[0] + href).text()
    assert re.search("DEMO-2,.*SEEN", sheet)
    page.get_by_test_id("reach-end").click()
    expect(page.get_by_test_id("reach-end")).to_have_count(0)
    assert command.errors == []
    assert phone.errors == []


def test_id(page: Page) -> str:
    href = page.get_by_test_id("reach-csv").get_attribute("href")
    assert href is not None
    return href.split("/")[-1].split("?")[0]


test_id.__test__ = False  # type: ignore[attr-defined]


def person_id(page: Page) -> int:
    found: int = page.request.get(page.url.split("/phone")[0] + "/api/phone/me").json()[
        "volunteer_id"
    ]
    return found


def alerted(phone: Watched, notice_id: str) -> None:
    """Hand the service worker a push message as the browser would; it must show it."""
    page = phone.page
    pushed = {
        "title": "联络测试，没有任务",
        "body": "Monday test",
        "notice_id": notice_id,
        "urgency": "TEST",
        "language": "zh",
    }
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    cdp = page.context.new_cdp_session(page)
    registration = registration_of(page, cdp)
    cdp.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": page.url.split("/phone")[0],
            "registrationId": registration,
            "data": json.dumps(pushed),
        },
    )
    shown = page.evaluate(
        """async () => {
          const worker = await navigator.serviceWorker.getRegistration("/phone");
          for (let n = 0; n < 100; n++) {
            const all = await worker.getNotifications();
            if (all.length > 0) return all.map((one) => [one.tag, one.title]);
            await new Promise((done) => setTimeout(done, 100));
          }
          return [];
        }"""
    )
    assert shown == [[notice_id, pushed["title"]]]


def registration_of(page: Page, cdp: CDPSession) -> str:
    """The id of the phone's service worker."""
    found: list[str] = []
    cdp.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(r["registrationId"] for r in event["registrations"]),
    )
    cdp.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    assert found, "the phone has registered its service worker"
    return found[0]


def test_the_wall_and_the_phone_speak_both_languages(command: Watched, phone: Watched) -> None:
    page = command.page
    page.set_viewport_size(WALL)  # type: ignore[arg-type]
    page.get_by_test_id("lang").click()
    expect(page.get_by_test_id("reach-test")).to_contain_text("联络测试")
    command.shot("53-command-reach-test-zh")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("can-come-later")).to_contain_text("可晚些来")
    command.shot("54-command-later-zh")
    phone.page.get_by_test_id("lang").click()
    alerts = phone.page.get_by_test_id("alerts")
    expect(alerts).to_contain_text("Alerts on this phone")
    alerts.locator("summary").click()
    alerts.get_by_test_id("quiet").check()
    alerts.get_by_test_id("quiet-from").fill("21:30")
    alerts.get_by_test_id("contact-save").click()
    expect(alerts).to_contain_text("Saved.")
    phone.page.mouse.wheel(0, 2_000)
    phone.shot("55-phone-contact-en")
    chosen = phone.page.request.get(phone.page.url.split("/phone")[0] + "/api/phone/contact")
    assert chosen.json() == {"language": None, "quiet_from": "21:30", "quiet_until": "07:00"}
    assert command.errors == []
    assert phone.errors == []
