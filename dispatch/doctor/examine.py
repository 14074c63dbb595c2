"""All checks, one after the other; one that fails by itself does not keep the others from it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Final

from dispatch.doctor import parts, place, store
from dispatch.doctor.finding import Finding, fail
from dispatch.settings import Settings

Check = Callable[[Settings], Iterator[Finding]]

CHECKS: Final[tuple[Check, ...]] = (
    parts.settings_named,
    parts.agency,
    place.data_folder,
    store.database,
    parts.bus,
    parts.carrier,
    parts.pages,
    place.ports,
)


def examine(settings: Settings, phones: int, *, quick: bool = False) -> Iterator[Finding]:
    """Yield what each check finds, as it finds it. `phones` is how many are expected at once;
    `quick` leaves out starting the planner."""
    checks: list[Check] = [*CHECKS, functools.partial(place.open_files, phones=phones)]
    if not quick:
        checks.append(parts.planner)
    for check in checks:
        yield from _safely(check, settings)


def _safely(check: Check, settings: Settings) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except Exception as exc:
        name = getattr(check, "__name__", None) or "check"
        yield fail(name, f"the check itself failed: {exc!r}", "tell the developers")
