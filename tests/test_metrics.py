"""The figures for Prometheus: read as it reads them, and known to the documents."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from dispatch import metrics
from dispatch.app import metrics_of
from dispatch.metrics import HELP, supervisor_families
from dispatch.settings import ROOT, Settings
from tests.api.calls import open_need
from tests.town import Town, free_port, make_town, running_town

PAGE = ROOT / "docs" / "reference" / "metrics.md"
RULES = ROOT / "docs" / "examples" / "alerts.yml"


async def scraped(port: int) -> dict[str, Metric]:
    async with httpx.AsyncClient(timeout=30) as http, asyncio.timeout(30):
        while True:
            try:
                answer = await http.get(f"http://127.0.0.1:{port}/metrics")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.02)
    assert answer.status_code == 200
    return {f.name: f for f in text_string_to_metric_families(answer.text)}


def value(families: dict[str, Metric], sample: str, **labels: str) -> float:
    """The value of a sample, 0 where it is not there."""
    found = [
        s.value
        for family in families.values()
        for s in family.samples
        if s.name == sample and s.labels.items() >= labels.items()
    ]
    return sum(found)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    settings = make_town(tmp_path / "data", 300, metrics_port=free_port())
    async with running_town(settings, with_metrics=True) as town:
        yield town


async def test_what_happened_is_in_the_figures(town: Town) -> None:
    commander, phone = await town.commander(), await town.phone(5)
    async with commander.live() as screen, phone.live() as other:
        for socket_ in (screen, other):
            await socket_.send('{"t": "hello", "last_seq": null, "log_id": null}')
            await socket_.recv()
        need = await open_need(commander)
        await commander.act("need.publish", need_id="none", seen_seq=1)
        await screen.recv()
        await town.app.health.planner.look()
        await town.app.health.invariants.look()
        found = await scraped(town.app.settings.metrics_port)
    assert need
    assert value(found, "dispatch_screens", audience="commander") == 1
    assert value(found, "dispatch_screens", audience="volunteer") == 1
    assert value(found, "dispatch_actions_total", kind="need.add", outcome="stored") == 1
    assert value(found, "dispatch_actions_total", kind="need.publish", outcome="refused") == 1
    assert value(found, "dispatch_refusals_total", code="NOT_FOUND") == 1
    assert value(found, "dispatch_append_seconds_count") == 2
    assert value(found, "dispatch_events_stored_total") == value(found, "dispatch_log_position")
    assert value(found, "dispatch_frames_total") >= 1
    assert value(found, "dispatch_frame_wait_seconds_count") >= 1
    assert value(found, "dispatch_snapshots_total") == 2
    assert value(found, "dispatch_roster_people") >= 300
    assert value(found, "dispatch_planner_up") == value(found, "dispatch_store_up") == 1
    assert value(found, "dispatch_invariant_violations") == 0
    assert {s.labels["invariant"] for s in found["dispatch_invariant_violations"].samples} == {
        "one_active_assignment", "need_maximum", "cover_evidence", "indexes",
    }  # fmt: skip
    assert value(found, "process_open_fds") > 0


async def test_histograms_add_up(town: Town) -> None:
    commander = await town.commander()
    for _ in range(3):
        await commander.done("note.add", text="x")
    samples = (await scraped(town.app.settings.metrics_port))["dispatch_append_seconds"].samples
    buckets = [s.value for s in samples if s.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == next(s.value for s in samples if s.name.endswith("_count")) == 3


async def test_the_figures_are_not_on_the_public_port(town: Town) -> None:
    async with httpx.AsyncClient(base_url=town.base) as http:
        assert (await http.get("/metrics")).status_code == 404


async def test_figures_carry_no_ids_names_or_positions(town: Town) -> None:
    commander = await town.commander()
    need = await open_need(commander)
    async with httpx.AsyncClient() as http:
        await scraped(town.app.settings.metrics_port)
        text = (await http.get(f"http://127.0.0.1:{town.app.settings.metrics_port}/metrics")).text
    assert need not in text
    labels = set(re.findall(r'(\w+)="', text))
    assert labels <= {
        "version", "kind", "outcome", "code", "found", "audience", "error", "invariant", "le",
        "medium", "status",
    }  # fmt: skip


async def test_a_port_that_is_taken_holds_up_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "RETRY_S", 0.02)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        settings = make_town(tmp_path / "data", 50, metrics_port=port)
        async with running_town(settings, with_metrics=True) as town:
            commander = await town.commander()
            await commander.done("note.add", text="works all the same")
            taken.close()
            assert value(await scraped(port), "dispatch_events_stored_total") == 1
    assert caplog.text.count("no metrics: cannot listen") == 1


async def test_a_loop_that_is_stuck_fails_the_scrape(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scraped(town.app.settings.metrics_port)
    monkeypatch.setattr(metrics, "ANSWER_S", 0.05)

    def scrape() -> int:
        return httpx.get(f"http://127.0.0.1:{town.app.settings.metrics_port}/metrics").status_code

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(scrape).result(30) == 500  # the loop does not turn meanwhile


async def test_port_zero_serves_nothing(tmp_path: Path) -> None:
    settings = make_town(tmp_path / "data", 50, metrics_port=0)
    async with running_town(settings, with_metrics=True) as town:
        commander = await town.commander()
        await commander.done("note.add", text="works all the same")


def test_a_supervisor_tells_who_is_missing() -> None:
    found = {f.name: f for f in supervisor_families(2, 3, 5)}
    assert value(found, "dispatch_workers", state="running") == 2
    assert value(found, "dispatch_workers", state="missing") == 1
    assert value(found, "dispatch_worker_ends_total") == 5


def test_empty_turns_them_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPATCH_METRICS_PORT", "")
    assert Settings().metrics_port == 0
    assert Settings(metrics_port=9000).metrics_host == "127.0.0.1"


def families_of(town: Town) -> list[Metric]:
    return [*metrics_of(town.app), *supervisor_families(1, 1, 0)]


async def test_every_figure_is_made_and_written_down(town: Town) -> None:
    await town.app.health.planner.look()
    await town.app.health.store.check()
    made = {f.name for f in families_of(town)}
    assert made == {f"dispatch_{name}" for name in HELP}
    page = PAGE.read_text(encoding="utf-8")
    for family in families_of(town):
        total = "_total" if family.type == "counter" else ""
        assert f"| `{family.name}{total}` | {family.type} |" in page
    assert set(re.findall(r"^\| `(dispatch_\w+?)(?:_total)?` \|", page, re.MULTILINE)) == made


async def test_alert_rules_name_only_what_there_is(town: Town) -> None:
    await town.app.health.planner.look()
    await town.app.health.store.check()
    samples = {"up"}
    for family in families_of(town):
        ends = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
        samples |= {family.name + end for end in ends.get(family.type, [""])}
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    assert len({a["alert"] for a in alerts}) == len(alerts) > 10
    for alert in alerts:
        named = set(re.findall(r"\b(?:dispatch_\w+|up|process_\w+)\b", alert["expr"]))
        ours = {n for n in named if not n.startswith("process_")}
        assert named
        assert ours <= samples, alert["alert"]
        assert {"severity"} == set(alert["labels"])
        assert {"summary", "description"} == set(alert["annotations"])
        assert alert["alert"] in (ROOT / "docs" / "reference" / "operations.md").read_text(
            encoding="utf-8"
        )
