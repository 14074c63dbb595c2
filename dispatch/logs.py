"""What the program says about itself: JSON lines on stderr, or plain lines on a terminal.

The one place that configures logging; everybody else takes a standard logger and names fields by
`extra`. uvicorn's and Python's own warnings come out of the same pipe. What a person would mind
does not: an exception shows where it happened, and its words only where they are ours or Python's
own, since those of a driver or a parser repeat the data they choked on; tokens, telephone numbers
and positions are masked in whatever is left.

Lines are written by a thread. A reader of stderr that stalls costs lines, counted, and never time.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import queue
import re
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from enum import StrEnum
from typing import Any, Final, TextIO

import structlog
from structlog.typing import Processor

from dispatch.errors import DispatchError

WAITING_MOST: Final = 10_000
"""Lines that wait for a slow reader; more are dropped."""
GOODBYE_S: Final = 2.0
FRAMES_MOST: Final = 40

_OWN_WORDS: Final = (
    DispatchError, OSError, AttributeError, TypeError, NameError, ImportError, RuntimeError,
    AssertionError, MemoryError,
)  # fmt: skip
"""Errors whose words say what went wrong and do not quote what somebody sent."""

_MASKS: Final = (
    # A token in a path or by itself: 43 characters of base64url; shorter ones after /enter/ or /a/.
    (re.compile(r"(?<=/enter/)[^\s/?\"']+|(?<=/a/)[^\s/?\"']+"), "***"),
    (re.compile(r"(?<![\w-])[A-Za-z0-9_-]{40,}(?![\w-])"), "***"),
    # Degrees with four decimals or more: eleven metres.
    (re.compile(r"(?<!\d:)(?<![\d.])-?\d{1,3}\.\d{4,}"), "*.*"),
    # Telephone numbers, perhaps in groups; not days.
    (
        re.compile(r"(?<![\w.+-])(?!\d{4}-\d\d-\d\d(?!\d))\+?\d(?:[ -]?\d){7,14}(?![\w:-]|\.\d)"),
        "***",
    ),
)


_SUSPECT: Final = re.compile(r"\d|/enter/|/a/|[\w-]{40}")
"""What any of those has: most words have nothing of it, and lines are many."""


class LogFormat(StrEnum):
    """`AUTO` is text on a terminal and JSON elsewhere."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Pipe(logging.Handler):
    """Hands finished lines to a thread that writes them; `dropped` counts those it had no room
    for."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.dropped = 0
        self._stream = stream
        self._lines: queue.Queue[str | threading.Event] = queue.Queue(WAITING_MOST)
        threading.Thread(target=self._write, name="log", daemon=True).start()
        atexit.register(self.flush)

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line, or drop it when too many wait."""
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self.dropped += 1
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Wait until what was said so far is written, for GOODBYE_S at most."""
        written = threading.Event()
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(written)
            written.wait(GOODBYE_S)

    def _write(self) -> None:
        while True:
            line = self._lines.get()
            if isinstance(line, threading.Event):
                line.set()
                continue
            # Nobody reads any more: there is nowhere left to say so.
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(line + "\n")
                if self._lines.empty():
                    self._stream.flush()


def configure(
    form: LogFormat = LogFormat.AUTO,
    level: LogLevel = LogLevel.INFO,
    *,
    stream: TextIO | None = None,
    **always: str | int,
) -> Pipe:
    """Send every logger's lines to `stream`, stderr by default; `always` stands in each line."""
    stream = sys.stderr if stream is None else stream
    pipe = Pipe(stream)
    pipe.setFormatter(_formatter(form, stream, always))
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, Pipe)]:
        root.removeHandler(handler)
        handler.flush()
    root.addHandler(pipe)
    # Libraries quote addresses and headers in passing: only what worries them is ours to hear.
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    logging.getLogger("dispatch").setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error"):
        other = logging.getLogger(name)
        other.handlers.clear()
        other.setLevel(logging.NOTSET)
        other.propagate, other.disabled = True, False
    logging.captureWarnings(True)
    return pipe


def dropped() -> int:
    """Return how many lines of this process found no room."""
    return sum(h.dropped for h in logging.getLogger().handlers if isinstance(h, Pipe))


def masked(text: str) -> str:
    """Return the text without what looks like a token, a telephone number or a position."""
    if not _SUSPECT.search(text):
        return text
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


def _formatter(
    form: LogFormat, stream: TextIO, always: Mapping[str, str | int]
) -> structlog.stdlib.ProcessorFormatter:
    human = form is LogFormat.TEXT or (form is LogFormat.AUTO and stream.isatty())
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), timestamp_key="at", exception_formatter=_no_exception
        )
        if human
        else structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    )

    def add_always(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for name, value in always.items():
            event.setdefault(name, value)
        return event

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.contextvars.merge_contextvars,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        ],
        processors=[
            _told_exception,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            add_always,
            _mask,
            renderer,
        ],
    )


def _no_exception(*_: object) -> None:
    """Exceptions have become fields by then."""


def _told_exception(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Turn an exception into its kinds, its words where they are harmless, and its frames."""
    exc_info = event.pop("exc_info", None)
    record = event.get("_record")
    if exc_info is None and record is not None:
        exc_info = record.exc_info
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event["error"] = _chain(error)
        event["frames"] = _frames(error)
    for name in ("exception", "exc_text", "stack_info", "message", "asctime"):
        event.pop(name, None)
    return event


def _chain(error: BaseException | None) -> str:
    """The error and what caused it, innermost last."""
    told: list[str] = []
    while error is not None and len(told) < 5:
        kind = type(error).__name__
        told.append(f"{kind}: {error}" if isinstance(error, _OWN_WORDS) else kind)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " < ".join(told)


def _frames(error: BaseException) -> list[str]:
    found = traceback.extract_tb(error.__traceback__)[-FRAMES_MOST:]
    return [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in found]


def _short(path: str) -> str:
    return "/".join(path.split("/")[-3:])


def _mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if isinstance(value, str) and name != "at":
            event[name] = masked(value)
    return event
