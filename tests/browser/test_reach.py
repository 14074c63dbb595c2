"""Who reaches a place and what a skill covers: on the map and in the drawer, and gone with Esc."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched

pytestmark = pytest.mark.browser

PACE = "0.001"


def figures(page: Page) -> list[float]:
    """Return the figures beside the bands, in their order."""
    cells = page.get_by_test_id("bands").first.locator("td").all_inner_texts()
    return [float(re.sub(r"[^\d.]", "", text)) for text in cells]


def test_coverage_follows_skill_target_and_rain(command: Watched) -> None:
    page = command.page
    page.keyboard.press("c")
    panel, under = page.get_by_test_id("coverage-panel"), page.get_by_test_id("under")
    expect(under).to_contain_text("Dry")
    page.get_by_test_id("sought").select_option("SAR-W")
    page.get_by_test_id("target").select_option("10")
    expect(page.get_by_test_id("gap")).to_contain_text("Nobody within 10 min")
    command.shot("40-command-coverage")
    five, ten, gap = figures(page)
    assert 0 < five < ten
    assert ten + gap == pytest.approx(100, abs=1)
    page.evaluate(
        """() => fetch("/api/command/actions", {method: "POST",
        headers: {"content-type": "application/json"}, body: JSON.stringify({
        action_id: "rain-rain-1", action: {kind: "weather.rain", rain: "HEAVY"}})})"""
    )
    expect(under).to_contain_text("Heavy rain")
    assert figures(page)[2] >= gap
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    assert command.errors == []


def test_reach_of_an_incident_and_of_a_place(command: Watched) -> None:
    page = command.page
    page.keyboard.press("j")
    page.keyboard.press("r")
    panel = page.get_by_test_id("reach-panel")
    expect(panel.get_by_test_id("bands").first).to_be_visible()
    command.shot("41-command-reach")
    five, ten, twenty, _ = figures(page)
    assert five <= ten <= twenty
    assert twenty > 0
    page.get_by_role("button", name="Another place").click()
    expect(panel.get_by_test_id("bands")).to_have_count(0)
    page.get_by_role("button", name="Take the middle").click()
    expect(panel.get_by_test_id("bands").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(page.get_by_text("Click on the map to set the place.")).to_have_count(0)
    assert command.errors == []
