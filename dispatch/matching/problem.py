"""The matching problem and its answer: immutable, validated, by index, in canonical order.

Minimise the cost of the chosen pairs plus the price of the heads left empty, each person used at
most once and each open head filled at most once. Needs are in id order and pairs in (need, row)
order, so the same situation gives the same arrays however it was gathered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from dispatch.matching.cost import Seconds, Trips, equivalent_s
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.skills import Rows
from dispatch.model import Heads, Need, NeedId, Severity
from dispatch.roster import Bools, Ints

T = TypeVar("T", bound=np.generic)

Indices = NDArray[np.intp]

MINIMUM: Final = 0
DESIRED: Final = 1
"""Columns of the arrays by tier: heads up to the minimum, and from there to the desired."""

TOTAL_MAX: Final = 2**62
"""No objective may reach this, so that sums of costs stay exact in int64."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """One need and its eligible people with their travel; the columns have one length k.

    `taken` heads are already filled or promised. `rows` ascend and are unique; `eta_s` is travel
    without turnout, UNREACHABLE where there is no way; `steps` are those of `Service`.

    Raises:
        ValueError: the columns differ in length, rows do not ascend, or `taken` is negative.
    """

    need: Need
    severity: Severity
    taken: int
    rows: Rows
    eta_s: Ints
    steps: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if not len(self.rows) == len(self.eta_s) == len(self.steps):
            raise ValueError(f"{self.need.id}: candidate columns differ in length")
        if (np.diff(self.rows, prepend=-1) <= 0).any():
            raise ValueError(f"{self.need.id}: candidate rows must ascend from 0")
        if (self.eta_s < 0).any() or self.taken < 0:
            raise ValueError(f"{self.need.id}: travel and taken heads cannot be negative")


def open_heads(heads: Heads, taken: int) -> tuple[int, int]:
    """Return how many heads are open up to the minimum, and from there to the desired."""
    below = max(0, heads.minimum - taken)
    return below, max(0, heads.desired - taken) - below


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """`m` needs by id and `p` candidate pairs by (need, row); takes ownership of its arrays.

    `heads` and `unfilled_s`, shape (m, 2), are the open heads per tier and the price of each left
    empty. `need` indexes `need_ids`, `row` the roster; `cost_s` is in equivalent seconds and
    `eta_s` the travel in it; shape (p,) all four. Every pair is eligible and in reach.

    Raises:
        ValueError: an array has the wrong shape, order or range.
    """

    need_ids: tuple[NeedId, ...]
    heads: Seconds
    unfilled_s: Seconds
    need: Indices
    row: Rows
    cost_s: Seconds
    eta_s: Ints

    def __post_init__(self) -> None:
        self._check_needs()
        self._check_pairs()
        for column in (
            self.heads, self.unfilled_s, self.need, self.row, self.cost_s, self.eta_s
        ):  # fmt: skip
            column.setflags(write=False)

    @classmethod
    def build(
        cls,
        candidates: Iterable[Candidates],
        *,
        turnout_s: Ints,
        on_duty: Bools,
        policy: MatchPolicy,
    ) -> Problem:
        """Return the problem of these needs; `turnout_s` and `on_duty` are roster columns (n,).

        People whose response, turnout plus travel, exceeds the need's reach or the policy's are
        left out, and so is everyone for a need without open heads.

        Raises:
            ValueError: a need comes twice, or a column is out of range.
        """
        ordered = sorted(candidates, key=lambda c: c.need.id)
        near = [_within_reach(c, turnout_s, policy) for c in ordered]
        rows = _joined([c.rows[k] for c, k in zip(ordered, near, strict=True)], np.intp)
        eta_s = _joined([c.eta_s[k] for c, k in zip(ordered, near, strict=True)], np.int32)
        steps = _joined([c.steps[k] for c, k in zip(ordered, near, strict=True)], np.uint8)
        trips = Trips(eta_s, turnout_s[rows], steps, on_duty[rows])
        return cls(
            need_ids=tuple(c.need.id for c in ordered),
            heads=_by_tier([open_heads(c.need.heads, c.taken) for c in ordered]),
            unfilled_s=_by_tier([policy.unfilled_s(c.severity) for c in ordered]),
            need=np.repeat(np.arange(len(ordered)), [int(k.sum()) for k in near]),
            row=rows,
            cost_s=equivalent_s(trips, policy),
            eta_s=eta_s,
        )

    def only(self, pairs: Indices) -> Problem:
        """Return the same needs with these pairs only; `pairs` ascends."""
        return Problem(
            self.need_ids,
            self.heads,
            self.unfilled_s,
            self.need[pairs],
            self.row[pairs],
            self.cost_s[pairs],
            self.eta_s[pairs],
        )

    def starts(self) -> Indices:
        """Return where each need's pairs start and, last, their number; shape (m + 1,)."""
        return np.searchsorted(self.need, np.arange(len(self.need_ids) + 1))

    def _check_needs(self) -> None:
        m = len(self.need_ids)
        if list(self.need_ids) != sorted(set(self.need_ids)):
            raise ValueError("needs must be unique and in id order")
        if self.heads.shape != (m, 2) or self.unfilled_s.shape != (m, 2):
            raise ValueError(f"heads and unfilled_s must have shape ({m}, 2)")
        if (self.heads < 0).any() or (self.unfilled_s < 0).any():
            raise ValueError("heads and unfilled_s cannot be negative")
        if (self.unfilled_s[:, MINIMUM] < self.unfilled_s[:, DESIRED]).any():
            raise ValueError("a head below the minimum cannot be cheaper than one above it")

    def _check_pairs(self) -> None:
        p = len(self.need)
        if {c.shape for c in (self.need, self.row, self.cost_s, self.eta_s)} != {(p,)}:
            raise ValueError("pair columns differ in length")
        if not p:
            return
        if self.need[0] < 0 or self.need[-1] >= len(self.need_ids) or self.row.min() < 0:
            raise ValueError("a pair names a need or a row that does not exist")
        later = (np.diff(self.need) > 0) | ((np.diff(self.need) == 0) & (np.diff(self.row) > 0))
        if not later.all():
            raise ValueError("pairs must be unique and in (need, row) order")
        if self.cost_s.min() < 0 or self._dearest() >= TOTAL_MAX:
            raise ValueError("costs are negative, or too large to add up exactly")

    def _dearest(self) -> int:
        heads = int(self.heads.sum())
        return (heads + len(self.need)) * int(max(self.cost_s.max(), self.unfilled_s.max()))


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """An answer to a problem: the chosen pairs' indices, ascending, and the empty heads (m, 2).

    `objective_s` is what the solver says it costs; `verify` counts it again.
    """

    chosen: Indices
    unfilled: Seconds
    objective_s: int


def _within_reach(candidates: Candidates, turnout_s: Ints, policy: MatchPolicy) -> Bools:
    response_s = candidates.eta_s.astype(np.int64) + turnout_s[candidates.rows]
    reach_s = min(candidates.need.reach_s, policy.reach_max_s)
    wanted = sum(open_heads(candidates.need.heads, candidates.taken)) > 0
    near: Bools = (response_s <= reach_s) & wanted
    return near


def _joined(parts: list[NDArray[T]], kind: type[T]) -> NDArray[T]:
    return np.concatenate([np.empty(0, kind), *parts])


def _by_tier(figures: list[tuple[int, int]]) -> Seconds:
    return np.array(figures, np.int64).reshape(-1, 2)
