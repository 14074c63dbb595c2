"""Settings, agency, roads, pages, bus and planner."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dispatch.doctor import parts
from dispatch.doctor.finding import Finding, Level
from dispatch.settings import ROOT, Settings
from tests.servers import RedisServer
from tests.town import AGENCY_FILE, make_town


def seen(findings: object) -> dict[str, Finding]:
    return {f.name: f for f in findings}  # type: ignore[attr-defined]


def test_a_misspelt_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPATCH_DATABSE_URL", "postgresql://x")
    found = seen(parts.settings_named(Settings()))["settings"]
    assert found.level is Level.WARN
    assert "DISPATCH_DATABSE_URL" in found.text
    monkeypatch.delenv("DISPATCH_DATABSE_URL")
    assert seen(parts.settings_named(Settings()))["settings"].level is Level.OK


def test_the_demo_agency_is_sound() -> None:
    found = seen(parts.agency(Settings()))
    assert found["agency file"].level is found["time zone"].level is Level.OK
    assert "junctions" in found["roads"].text


def test_an_agency_file_that_is_none(tmp_path: Path) -> None:
    found = seen(parts.agency(Settings(agency_file=tmp_path / "none.toml")))
    assert found["agency file"].level is Level.FAIL


def test_roads_that_are_missing_and_a_zone_left_out(tmp_path: Path) -> None:
    text = AGENCY_FILE.read_text(encoding="utf-8")
    lines = [
        'roads = "none"' if line.startswith("roads") else line
        for line in text.splitlines()
        if not line.startswith("timezone")
    ]
    (tmp_path / "agency.toml").write_text("\n".join(lines), encoding="utf-8")
    found = seen(parts.agency(Settings(agency_file=tmp_path / "agency.toml")))
    assert found["roads"].level is Level.FAIL
    assert "dispatch roads import" in found["roads"].advice
    assert found["time zone"].level is Level.WARN


def test_a_slow_router_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert seen(parts.agency(Settings()))["router"].level is Level.WARN


def test_pages_that_are_not_built(tmp_path: Path) -> None:
    assert seen(parts.pages(Settings(web_dir=tmp_path)))["pages"].level is Level.FAIL
    for name in parts.PAGES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert seen(parts.pages(Settings(web_dir=tmp_path)))["pages"].level is Level.OK


def test_no_bus_is_told_to_several_workers_only() -> None:
    assert seen(parts.bus(Settings())) == {}
    assert seen(parts.bus(Settings(workers=3)))["redis"].level is Level.WARN


def test_a_bus_that_answers_and_one_that_does_not(redis_server: RedisServer) -> None:
    there = Settings(redis_url=redis_server.url)
    assert seen(parts.bus(there))["redis"].level is Level.OK
    redis_server.kill()
    assert seen(parts.bus(there))["redis"].level is Level.WARN
    assert seen(parts.bus(Settings(redis_url="nonsense")))["redis"].level is Level.WARN


def test_no_gateway_and_one_without_a_secret_are_told() -> None:
    assert seen(parts.carrier(Settings()))["gateway"].level is Level.WARN
    silent = Settings(gateway_url="http://127.0.0.1:1/")
    assert seen(parts.carrier(silent))["gateway"].level is Level.FAIL


async def test_a_gateway_that_answers() -> None:
    """Whatever it answers: what it knows of us is between it and the signature."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        there = Settings(
            gateway_url=f"http://127.0.0.1:{port}/messages",
            gateway_secret="s",
            public_url="https://dispatch.example.org",
        )
        found = await asyncio.to_thread(lambda: seen(parts.carrier(there)))
    assert found["gateway"].level is found["public address"].level is Level.OK


@pytest.mark.crash
def test_the_planner_starts(tmp_path: Path) -> None:
    settings = make_town(tmp_path, 50)
    found = seen(parts.planner(settings))["planner"]
    assert found.level is Level.OK
    assert "read the roster" in found.text


@pytest.mark.crash
def test_a_planner_that_dies_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "planner_alone", int)  # fails as soon as it is made
    found = seen(parts.planner(make_town(tmp_path, 50)))["planner"]
    assert found.level is Level.FAIL


def test_a_planner_without_a_store_is_not_tried(tmp_path: Path) -> None:
    assert "not tried" in seen(parts.planner(Settings(data_dir=tmp_path)))["planner"].text
    assert ROOT.is_dir()
