"""What a check found."""

from __future__ import annotations

import pytest

from dispatch.doctor.finding import Finding, Level, fail, ok, warn, worst


@pytest.mark.parametrize(
    ("findings", "level"),
    [
        ([], Level.OK),
        ([ok("a", "x")], Level.OK),
        ([ok("a", "x"), warn("b", "x", "y"), ok("c", "x")], Level.WARN),
        ([fail("a", "x", "y"), warn("b", "x", "y")], Level.FAIL),
    ],
)
def test_the_worst_decides(findings: list[Finding], level: Level) -> None:
    assert worst(findings) is level


def test_ranks_are_the_exit_codes() -> None:
    assert [level.rank for level in (Level.OK, Level.WARN, Level.FAIL)] == [0, 1, 2]
