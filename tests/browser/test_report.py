"""The report opened from a file, as somebody opens it who got it by mail."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dispatch.drills.report.page import page
from tests.browser.conftest import PHONE, WALL, Watched
from tests.drills.report.scene import operation, told_of
from tests.drills.report.test_page import ABOUT

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [WALL, PHONE], ids=["wall", "phone"])
def test_it_plays_and_speaks_both_languages(
    browser: Browser, tmp_path: Path, size: dict[str, int]
) -> None:
    play, _, _ = operation()
    path = tmp_path / "report.html"
    path.write_text(page(told_of(play), ABOUT), encoding="utf-8")
    context = browser.new_context(viewport=size, locale="en-GB")  # type: ignore[arg-type]
    watched = Watched(context.new_page())
    watched.page.goto(path.as_uri())
    expect(watched.page.locator("html[data-replay='ready']")).to_have_count(1)
    expect(watched.page.get_by_role("heading", name="Lessons", exact=True)).to_be_visible()
    watched.page.get_by_role("button", name="中文").click()
    expect(watched.page.get_by_role("heading", name="经验教训", exact=True)).to_be_visible()
    expect(watched.page.get_by_role("heading", name="Lessons", exact=True)).to_have_count(0)
    before = watched.page.locator("#replay").screenshot()
    watched.page.locator("#scrub").fill("1500")
    assert watched.page.locator("#replay").screenshot() != before
    wide = watched.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size["width"]
    assert watched.errors == [f"request to another host: {path.as_uri()}"], "only the file itself"
    context.close()
