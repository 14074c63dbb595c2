"""What the program says about itself, and what it keeps to itself."""

from __future__ import annotations

import io
import json
import logging
import os
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.contextvars import bound_contextvars

from dispatch import logs
from dispatch.errors import BadInput
from dispatch.logs import LogFormat, LogLevel, Pipe, configure, masked

log = logging.getLogger("dispatch.test")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


class Said:
    """The lines said since."""

    def __init__(self, form: LogFormat = LogFormat.JSON, **always: str | int) -> None:
        self.stream = io.StringIO()
        self.pipe = configure(form, LogLevel.INFO, stream=self.stream, **always)

    @property
    def text(self) -> str:
        self.pipe.flush()
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def test_a_line_is_json_with_its_fields() -> None:
    said = Said(agency="coquimbo", part="worker-2")
    with bound_contextvars(request_id="abc"):
        log.info("request", extra={"action": "offer.accept", "seq": 12})
    log.debug("not at this level")
    (line,) = said.lines
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "dispatch.test",
        "agency": "coquimbo",
        "part": "worker-2",
        "request_id": "abc",
        "action": "offer.accept",
        "seq": 12,
    }


def test_text_for_people_has_one_line_each() -> None:
    said = Said(LogFormat.TEXT)
    log.info("request", extra={"seq": 12})
    assert said.text.count("\n") == 1
    assert "request" in said.text
    assert "seq=12" in said.text


def test_what_others_say_comes_out_of_the_same_pipe() -> None:
    said = Said()
    logging.getLogger("uvicorn.error").error("Exception in ASGI application")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old ways", stacklevel=1)
    first, second = said.lines
    assert (first["logger"], first["level"]) == ("uvicorn.error", "error")
    assert "old ways" in second["event"]


def test_configuring_again_replaces_the_pipe() -> None:
    first = Said()
    second = Said()
    log.info("once")
    assert first.text == ""
    assert len(second.lines) == 1


def test_an_exception_says_where_but_repeats_no_data() -> None:
    said = Said()
    try:
        try:
            int("王小明 13912345678")
        except ValueError as exc:
            raise BadInput("the file cannot be used") from exc
    except BadInput:
        log.exception("failed")
    (line,) = said.lines
    assert line["error"] == "BadInput: the file cannot be used < ValueError"
    assert any("test_logs.py" in frame for frame in line["frames"])
    assert "王小明" not in said.text


@pytest.mark.parametrize(
    "secret",
    [
        "13912345678",
        "+56 9 8765 4321",
        "139-1234-5678",
        "-71.25341",
        "q3mCJ9vYV8hF1yq0o2x4bT6uW7zK5nR_sD-aGePlXcE",
    ],
)
def test_secrets_are_masked_wherever_they_stand(secret: str) -> None:
    for text in (secret, f"got {secret}.", f'{{"x":"{secret}"}}', f"GET /enter/{secret} HTTP"):
        assert secret not in masked(text)


@pytest.mark.parametrize(
    "path", ["/enter/short", "/a/abc123", "https://x.example/a/abc123?lang=zh"]
)
def test_tokens_in_paths_are_masked_however_short(path: str) -> None:
    assert "abc123" not in masked(path)
    assert "short" not in masked(path)


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-20T08:00:00.123456Z",
        "worker 1 ended with -9; again in 0.5 s",
        "cannot listen on 127.0.0.1 port 8000",
        "schema 0004, 54393 people",
        "dispatch/api/errors.py:77 _dispatch_error",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert masked(text) == text


def test_a_reader_that_stalls_costs_lines_but_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "WAITING_MOST", 5)
    monkeypatch.setattr(logs, "GOODBYE_S", 0.05)
    read, write = os.pipe()
    stream = os.fdopen(write, "w")
    pipe = configure(LogFormat.JSON, stream=stream)
    long = "x y " * 50_000  # more than a pipe holds
    for _ in range(20):
        log.info(long)
    assert logs.dropped() == pipe.dropped > 0
    os.close(read)


def test_a_stream_that_is_closed_stops_nobody() -> None:
    said = Said()
    said.stream.close()
    log.info("nobody hears this")
    said.pipe.flush()
    still = [t for t in threading.enumerate() if t.name == "log"]
    assert still


def test_a_handler_that_cannot_format_says_so_and_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pipe = Pipe(io.StringIO())
    pipe.handle(logging.LogRecord("x", logging.INFO, "f", 1, "%d", ("no number",), None))
    assert "--- Logging error ---" in capsys.readouterr().err
