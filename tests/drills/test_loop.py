"""On the drill's event loop nothing hangs on threads."""

from __future__ import annotations

import asyncio
import threading

import pytest

from dispatch.drills.loop import run_in_place


def test_what_is_meant_for_a_thread_runs_at_once_and_in_place() -> None:
    async def work() -> list[str]:
        order: list[str] = []
        here = threading.get_ident()

        async def other() -> None:
            order.append("other")

        waiting = asyncio.ensure_future(other())
        await asyncio.to_thread(lambda: order.append(str(threading.get_ident() == here)))
        await waiting
        return order

    assert run_in_place(work()) == ["True", "other"]


def test_errors_come_out_as_they_would_of_a_thread() -> None:
    async def work() -> None:
        await asyncio.to_thread(int, "x")

    with pytest.raises(ValueError, match="invalid literal"):
        run_in_place(work())
