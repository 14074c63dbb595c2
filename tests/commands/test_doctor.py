"""`dispatch doctor`: what it prints, and its exit codes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from dispatch.__main__ import main
from tests.town import free_port


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web = tmp_path / "web"
    for name in ("command/index.html", "phone/index.html", "locked/index.html", "phone-sw.js"):
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).touch()
    for name, value in {
        "DATA_DIR": str(tmp_path / "data"),
        "PORT": str(free_port()),
        "METRICS_PORT": str(free_port()),
        "WEB_DIR": str(web),
    }.items():
        monkeypatch.setenv(f"DISPATCH_{name}", value)
    monkeypatch.setattr("dispatch.doctor.place.file_system", lambda _: "ext4")
    monkeypatch.setattr("dispatch.doctor.place._sync_s", lambda _: 0.002)


@pytest.fixture(autouse=True)
def _carrier(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A gateway that takes connections."""
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    monkeypatch.setattr(BaseHTTPRequestHandler, "log_message", lambda *_: None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("DISPATCH_GATEWAY_URL", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("DISPATCH_GATEWAY_SECRET", "s3cret")
    monkeypatch.setenv("DISPATCH_PUBLIC_URL", "https://dispatch.example.org")
    yield
    server.shutdown()
    server.server_close()


def test_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--phones", "100"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 8
    assert all(line.startswith("OK ") for line in lines)


def test_a_warning_comes_with_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISPATCH_METRICS_PORT", "")
    assert main(["doctor", "--phones", "100"]) == 1
    out = capsys.readouterr().out
    assert "WARN  metrics" in out
    assert "-> set DISPATCH_METRICS_PORT" in out


@pytest.mark.parametrize("as_json", [False, True])
def test_settings_that_cannot_be_used_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    monkeypatch.setenv("DISPATCH_PORT", "many")
    assert main(["doctor", *(["--json"] if as_json else [])]) == 2
    assert "DISPATCH_PORT" in capsys.readouterr().out


def test_machines_read_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json", "--quick", "--phones", "100"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"level", "name", "text", "advice"} == set(found[0])
    assert {f["level"] for f in found} == {"OK"}
