"""The whole call in two browsers side by side: open, need, plan, dispatch, accept, go, done."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, WALL, Watched, fill, opened, ready

pytestmark = pytest.mark.browser


def test_the_whole_call(browser: Browser, links: dict[str, str]) -> None:
    command = opened(browser, links["Commander"], WALL, "en-GB")
    phone = opened(browser, links["DEMO-3"], PHONE, "zh-CN")
    ready(command.page, "live")
    ready(command.page, "map")
    ready(phone.page, "live")
    command.shot("01-command-start")
    phone.shot("02-phone-not-ready")

    phone.page.get_by_test_id("availability").click()
    expect(phone.page.get_by_test_id("availability")).to_contain_text("暂停待命")
    phone.shot("03-phone-ready")

    open_incident(command)
    add_need(command)
    command.page.get_by_test_id("plan").first.click()
    expect(command.page.get_by_test_id("plan-review")).to_be_visible()
    command.shot("06-command-plan")
    command.page.get_by_test_id("dispatch").first.click()
    command.shot("07-command-confirm")
    command.page.get_by_test_id("confirm").click()

    card = phone.page.get_by_test_id("offer-card")
    expect(card).to_be_visible()
    phone.shot("08-phone-offer")
    phone.page.get_by_test_id("accept").click()
    status = phone.page.get_by_test_id("task-status")
    expect(status.first).to_be_visible()
    phone.shot("09-phone-task")
    phone.page.get_by_test_id("map").click()
    ready(phone.page, "map")
    expect(phone.page.get_by_test_id("navigate")).to_have_attribute("href", re.compile("^geo:"))
    phone.shot("09-phone-task-map")
    steps = phone.page.get_by_test_id("steps")
    steps.locator("summary").click()
    expect(steps).to_contain_text("出发")
    expect(steps).to_contain_text("到达")
    phone.shot("09-phone-steps")
    steps.locator("summary").click()
    phone.page.get_by_test_id("map").click()
    command.page.wait_for_timeout(1_000)
    command.shot("10-command-accepted")

    step = phone.page.get_by_test_id("step")
    for name in ("on-the-way", "there"):
        step.first.click()
        phone.page.wait_for_timeout(700)
        phone.shot(f"11-phone-{name}")
    command.shot("12-command-on-scene")
    assert command.errors == []
    assert phone.errors == []


def open_incident(command: Watched) -> None:
    page = command.page
    page.get_by_test_id("new-incident").click()
    canvas = page.locator("canvas.maplibregl-canvas")
    box = canvas.bounding_box()
    assert box is not None
    fill(page, f_title="Elderly home without power", f_kind="power", f_site_name="Plaza")
    fill(page, f_severity="I", f_hazard="H1", f_region="04102")
    command.shot("04-command-new-incident")
    page.get_by_test_id("f-submit").click()
    expect(page.get_by_test_id("incident-3")).to_be_visible()


def add_need(command: Watched) -> None:
    page = command.page
    page.get_by_test_id("add-need").click()
    fill(page, n_skill="MED-1", n_min="1", n_desired="3", n_max="4")
    page.get_by_test_id("n-verified").check()
    command.shot("05-command-new-need")
    page.get_by_test_id("n-submit").click()
    expect(page.get_by_test_id("n-submit")).to_have_count(0)
