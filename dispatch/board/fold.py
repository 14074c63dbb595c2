"""Which handler folds which event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from dispatch import events as ev
from dispatch.board.state import Board, Key
from dispatch.events import Stored

E = TypeVar("E", bound=ev.Event)


Handler = Callable[[Board, Any], tuple[Key, ...]]


HANDLERS: Final[dict[type[ev.Event], Handler]] = {}


def on(event: type[ev.Event]) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        HANDLERS[event] = handler
        return handler

    return register


def event_of(stored: Stored, cls: type[E]) -> E:
    assert isinstance(stored.event, cls)
    return stored.event
