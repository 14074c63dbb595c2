"""The bridge to the solver, on programs that can be done by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from dispatch.matching.crossing import solver
from dispatch.matching.crossing.program import Rest
from dispatch.matching.crossing.solver import Effort, relaxed, settled


def rest(cost: list[int], rows: list[list[int]], least: list[float], most: list[float]) -> Rest:
    return Rest(
        columns=np.arange(len(cost)),
        rows=np.arange(len(rows)),
        cost=np.array(cost, np.int64),
        upper=np.full(len(cost), 3, np.int64),
        matrix=sparse.csr_array(np.array(rows, np.int64)),
        least=np.array(least),
        most=np.array(most),
        base_s=0,
    )


TRIANGLE = rest([-1, -1, -1], [[1, 1, 0], [0, 1, 1], [1, 0, 1]], [-np.inf] * 3, [1.0] * 3)
"""Of three people any two exclude each other: in halves all three, in wholes one."""

TWO = replace(
    TRIANGLE,
    columns=np.arange(6),
    rows=np.arange(6),
    cost=np.array([-1, -1, -1, -2, -2, -1]),
    upper=np.ones(6, np.int64),
    matrix=sparse.block_diag([TRIANGLE.matrix] * 2).tocsr(),
    least=np.full(6, -np.inf),
    most=np.ones(6),
)
"""Two triangles that have nothing to do with each other."""


def test_in_parts() -> None:
    found = relaxed(TRIANGLE, Effort())
    assert found is not None
    assert found.cost_s == pytest.approx(-1.5)
    assert found.values == pytest.approx([0.5] * 3)
    assert found.prices == pytest.approx([-0.5] * 3)


def test_in_wholes() -> None:
    found = settled(TRIANGLE, Effort())
    assert found.values is not None
    assert found.values.sum() == 1
    assert (found.bound_s, found.complete) == (pytest.approx(-1), True)


def test_what_is_impossible_is_told_from_what_was_not_found() -> None:
    impossible = replace(TRIANGLE, least=np.full(3, 2.0), most=np.full(3, 1.0) + 1.5)
    impossible = replace(impossible, upper=np.zeros(3, np.int64))
    none = settled(impossible, Effort())
    assert (none.values, none.complete) == (None, True)
    unfound = settled(TRIANGLE, Effort(guard_s=0))
    assert (unfound.values, unfound.complete) == (None, False)
    assert relaxed(TRIANGLE, Effort(guard_s=0)) is None


def test_what_is_not_done_at_once_is_done_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []
    honest = solver._searched

    def tired(part: Rest, nodes: int, guard_s: float) -> Any:
        searched.append(len(part.columns))
        found = honest(part, nodes, guard_s)
        return replace(found, complete=False, bound_s=-9.0) if len(part.columns) == 6 else found

    monkeypatch.setattr(solver, "_searched", tired)
    found = settled(TWO, Effort())
    assert searched == [6, 3, 3]
    assert found.values is not None
    assert int(TWO.cost @ found.values) == -3
    assert (found.bound_s, found.complete) == (pytest.approx(-3), True)
    assert not settled(TWO, Effort(nodes=5)).complete


@pytest.mark.parametrize("limit", ["nodes", "steps", "guard_s"])
def test_limits_are_not_negative(limit: str) -> None:
    with pytest.raises(ValueError, match="limits cannot be negative"):
        Effort(**{limit: -1})
