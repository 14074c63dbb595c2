"""`dispatch carrier` as a process: it serves its inbox until it is told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import httpx
import pytest

from dispatch.__main__ import main
from dispatch.settings import ROOT
from tests.town import free_port


def test_it_serves_the_inbox_until_it_is_stopped() -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "dispatch", "carrier", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {"DISPATCH_GATEWAY_SECRET": "between us"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]
        assert f"http://127.0.0.1:{port}/" in said[1]
        transport = httpx.HTTPTransport(retries=20)
        with httpx.Client(transport=transport, base_url=f"http://127.0.0.1:{port}") as http:
            assert http.get("/phones").json() == []
            assert http.post("/messages", content=b"{}").status_code == 401
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stdout is not None
        process.stdout.close()


def test_it_shares_a_secret_with_a_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPATCH_GATEWAY_SECRET", raising=False)
    assert main(["carrier"]) == 2
    assert "DISPATCH_GATEWAY_SECRET" in capsys.readouterr().err
