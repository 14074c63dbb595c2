"""Hazards on the screen: drawn with the mouse, as area, line and point; people inside are warned on
their phones; rain; cleared again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, Watched, confirm, fill, opened, ready

pytestmark = pytest.mark.browser

PACE = "0.001"


def draw(page: Page, *shares: tuple[float, float]) -> None:
    """Click on the map at these shares of its width and height."""
    box = page.locator("canvas.maplibregl-canvas").bounding_box()
    assert box is not None
    for x, y in shares:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(350)  # two quick clicks would end the drawing


def test_people_inside_a_flood_are_warned_until_it_is_cleared(
    browser: Browser, links: dict[str, str], command: Watched
) -> None:
    phone = opened(browser, links["DEMO-3"], PHONE, "zh-CN")
    ready(phone.page, "live")
    page = command.page
    page.keyboard.press("z")
    fill(page, z_kind="flood", z_name="Estero", z_pace="40", z_certainty="LIKELY")
    draw(page, (0.08, 0.15), (0.92, 0.15), (0.92, 0.9), (0.08, 0.9))
    command.shot("30-command-zone-form")
    page.get_by_test_id("z-submit").click()
    zone = page.get_by_test_id("zone").filter(has_text="Estero")
    expect(zone).to_contain_text("Likely")
    expect(zone).to_contain_text("others at 40 % speed")
    expect(zone).to_contain_text(re.compile(r"[\d,]+ people inside warned"))
    danger = phone.page.get_by_test_id("danger")
    expect(danger).to_contain_text("您在洪水区域内")
    phone.shot("31-phone-danger")
    command.shot("32-command-flood")
    danger.get_by_role("button").click()
    expect(danger).to_have_count(0)
    phone.page.reload()
    ready(phone.page, "live")
    expect(danger).to_have_count(0)

    zone.get_by_role("button", name="Clear").click()
    confirm(page)
    expect(zone).to_have_count(0)
    assert phone.errors == []
    assert command.errors == []


def test_a_closed_road_a_broken_bridge_and_rain(command: Watched) -> None:
    page = command.page
    page.keyboard.press("z")
    fill(page, z_kind="closed", z_name="Ruta 5")
    draw(page, (0.4, 0.4), (0.5, 0.5), (0.6, 0.5))
    page.get_by_test_id("z-submit").click()
    expect(page.get_by_test_id("zone").filter(has_text="Ruta 5")).to_be_visible()

    page.keyboard.press("z")
    fill(page, z_kind="bridge", z_name="Puente Fiscal")
    draw(page, (0.3, 0.6), (0.35, 0.62))
    expect(page.get_by_text("1 point", exact=True)).to_be_visible()
    page.get_by_test_id("z-submit").click()
    expect(page.get_by_test_id("zone").filter(has_text="Puente Fiscal")).to_be_visible()

    page.get_by_test_id("rain-HEAVY").check()
    expect(page.get_by_test_id("timeline")).to_contain_text("Rain changed")
    command.shot("33-command-closed-road")
    assert command.errors == []


def test_an_outline_that_crosses_itself_is_mended_and_said_so(command: Watched) -> None:
    page = command.page
    page.keyboard.press("z")
    fill(page, z_kind="fire", z_name="Bow")
    draw(page, (0.2, 0.2), (0.4, 0.4), (0.4, 0.2), (0.2, 0.4))
    page.get_by_test_id("z-submit").click()
    expect(page.get_by_text("crossed itself and was mended")).to_be_visible()
    command.shot("34-command-mended")
    assert command.errors == []
