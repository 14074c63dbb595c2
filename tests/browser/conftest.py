"""A real server process, headless Chromium, and screenshots kept in artifacts/."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dispatch.settings import ROOT
from tests.town import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARTIFACTS = ROOT / "artifacts"
WALL = {"width": 1600, "height": 950}
PHONE = {"width": 360, "height": 740}
SLOW_MS = 20_000
expect.set_options(timeout=SLOW_MS)
ARGUMENTS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--disable-background-networking",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium; the tests skip where Debian's package is missing.

    Not for the whole session: while it lives, no other test may run an event loop.
    """
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: sudo apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def links(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The links that `dispatch demo` prints, by the name in front of each.

    A module's `PACE` is that of the simulated crowd.
    """
    if not (ROOT / "web" / "dist" / "command" / "index.html").exists():
        pytest.fail("the front end is not built: make setup")
    folder = tmp_path_factory.mktemp("demo")
    env = os.environ | {
        "DISPATCH_DATA_DIR": str(folder),
        "DISPATCH_PORT": str(free_port()),
        "DISPATCH_CARRIER_PORT": str(free_port()),
        "DISPATCH_DEMO_VOLUNTEERS": "6000",
        "DISPATCH_DEMO_PACE": getattr(request.module, "PACE", "10"),
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "dispatch", "demo"],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    found: dict[str, str] = {}
    for line in server.stdout:
        link = re.search(r"(\S+)\s+(http://\S+/(?:enter/\S+)?)(?:\s|$)", line)
        if link:
            found[link[1]] = link[2]
        if line.strip().startswith("Stop with"):
            break
    yield found
    server.send_signal(signal.SIGINT)
    server.stdout.close()
    server.wait(30)


class Watched:
    """A page that must stay quiet: no script error, no request to any other host."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("request", self._check)

    def shot(self, name: str) -> None:
        """Keep a screenshot."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")

    def _check(self, request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:", url):
            self.errors.append(f"request to another host: {url}")


def opened(browser: Browser, link: str, size: dict[str, int], language: str) -> Watched:
    context = browser.new_context(viewport=size, locale=language)  # type: ignore[arg-type]
    watched = Watched(context.new_page())
    watched.page.set_default_timeout(SLOW_MS)
    watched.page.goto(link)
    return watched


def ready(page: Page, what: str) -> None:
    """Wait for the page's own signal; the content policy forbids polling by script."""
    expect(page.locator(f"html[data-{what}='ready']")).to_have_count(1, timeout=SLOW_MS)


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        field = page.get_by_test_id(name.replace("_", "-"))
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def confirm(page: Page) -> None:
    """Answer the question on the screen, with its first ready-made reason where it asks for one."""
    reason = page.locator("dialog .row button").first
    if page.get_by_test_id("reason").count():
        reason.click()
    page.get_by_test_id("confirm").click()
    expect(page.locator("dialog")).to_have_count(0)


@pytest.fixture(scope="module")
def command(browser: Browser, links: dict[str, str]) -> Watched:
    """The commander's page, in English, on the wall."""
    watched = opened(browser, links["Commander"], WALL, "en-GB")
    ready(watched.page, "live")
    ready(watched.page, "map")
    return watched
