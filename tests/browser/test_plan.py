"""The matcher on the screen: somebody pinned, a plan that asks more than it needs, a decline that
the desk replaces by itself, somebody else, somebody excluded, and why not."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, Watched, confirm, opened, ready
from tests.browser.test_call import add_need, open_incident

pytestmark = pytest.mark.browser

PACE = "0.001"
"""The crowd is silent: only the phone answers."""


@pytest.fixture(scope="module")
def command(command: Watched) -> Watched:
    """The commander's page with an incident and a need for three first aiders."""
    open_incident(command)
    add_need(command)
    return command


@pytest.fixture(scope="module")
def phone(browser: Browser, links: dict[str, str]) -> Watched:
    """A first aider's phone, available."""
    watched = opened(browser, links["DEMO-3"], PHONE, "zh-CN")
    ready(watched.page, "live")
    watched.page.get_by_test_id("availability").click()
    expect(watched.page.get_by_test_id("availability")).to_contain_text("暂停待命")
    return watched


def test_a_decline_is_replaced_by_the_desk(command: Watched, phone: Watched) -> None:
    page = command.page
    page.get_by_test_id("choose").click()
    page.get_by_test_id("named").fill("DEMO-3")
    page.get_by_test_id("named").press("Enter")
    why = page.get_by_test_id("why")
    expect(why).to_contain_text("May be asked")
    why.get_by_test_id("pin").click()
    expect(why.get_by_test_id("free")).to_be_visible()
    command.shot("20-command-why")

    page.keyboard.press("p")
    expect(page.get_by_test_id("gap")).to_have_text(re.compile("proven best|at most"))
    mine = page.get_by_test_id("plan-need").filter(has_text="#3 ")
    expect(mine.get_by_test_id("sure")).to_have_text(
        re.compile(r"Asking \d+ for \d heads?: \d.*% sure to be filled by \d\d:\d\d")
    )
    expect(mine).to_contain_text("演示丙")
    command.shot("21-command-plan-review")
    mine.get_by_test_id("dispatch-one").click()
    confirm(page)

    expect(phone.page.get_by_test_id("offer-card")).to_be_visible()
    phone.page.get_by_test_id("decline").click()
    phone.page.get_by_test_id("decline-TOO_FAR").click()
    page.keyboard.press("Escape")
    asking = page.get_by_test_id("alerting")
    expect(asking).to_contain_text("1 declined")
    expect(asking).to_contain_text(re.compile(r"wave [2-9]"))
    expect(asking.get_by_test_id("fill")).to_contain_text("sure to be filled by")
    expect(page.get_by_test_id("timeline")).to_contain_text("somebody declined")
    command.shot("22-command-waves")
    assert command.errors == []
    assert phone.errors == []


def test_somebody_else_or_not(command: Watched) -> None:
    page = command.page
    page.get_by_test_id("choose").click()
    first = page.get_by_test_id("candidate").first
    first.locator("summary").click()
    expect(first).to_contain_text(re.compile(r"travel\s*[\d,]+\ss"))
    expect(first.locator(".named")).not_to_contain_text("Volunteer")
    name = first.locator(".named").inner_text()
    command.shot("23-command-someone-else")
    first.get_by_test_id("exclude").click()
    confirm(page)
    expect(first.get_by_test_id("free")).to_be_visible()
    first.locator(".named").click()
    expect(page.get_by_test_id("why")).to_contain_text("excluded by")
    command.shot("24-command-why-not")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    pairs = page.get_by_test_id("pairs")
    expect(pairs).to_contain_text(name)
    pairs.get_by_role("button", name="Free").click()
    expect(pairs).to_have_count(0)
    assert command.errors == []


def test_asking_is_stopped_and_started(command: Watched) -> None:
    page = command.page
    page.get_by_test_id("alert-stop").click()
    confirm(page)
    page.get_by_test_id("alert-start").click()
    expect(page.get_by_test_id("alerting")).to_be_visible()
    for event in ("Desk stopped asking", "Desk asks by itself"):
        expect(page.get_by_test_id("timeline")).to_contain_text(event)
    assert command.errors == []
