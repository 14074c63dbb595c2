"""The second opinion, apart from the solver: is the plan allowed, what does it cost, how good is
it at best? Runs in production on every plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dispatch.errors import SolverFailed
from dispatch.matching.cost import Seconds
from dispatch.matching.problem import MINIMUM, Indices, Problem, Reserve, Solution

FAR: Final = 2**60
"""The potential of a post that nothing reaches; below overflow when costs are added to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What one more head of each post would cost, shape (m,), and what the reserve asks for one
    more person of each group, shape (groups,); equivalent seconds."""

    post_s: Seconds
    group_s: Seconds

    def earned(self, problem: Problem) -> Seconds:
        """Return what each pair is worth at these prices less what it costs, shape (p,)."""
        worth: Seconds = problem.posts.widest(self.post_s)[problem.post] - problem.cost_s
        if problem.reserve is not None:
            worth -= _of_group(self.group_s, problem.reserve, problem.row)
        return worth


def verify(problem: Problem, solution: Solution) -> int:
    """Return the objective of `solution` in equivalent seconds, counted from scratch.

    Raises:
        SolverFailed: the solution breaks a rule of the problem, or its own figure is wrong.
    """
    _check_pairs(problem, solution)
    _falls(problem, solution)
    objective_s = cost_of(problem, solution)
    if objective_s != solution.objective_s:
        raise SolverFailed(f"the plan costs {objective_s} s, not {solution.objective_s} s")
    return objective_s


def cost_of(problem: Problem, solution: Solution) -> int:
    """Return what the chosen pairs, the empty heads and the people out of reserve cost together."""
    travel_s = int(problem.cost_s[solution.chosen].sum())
    empty_s = int((solution.unfilled * problem.posts.unfilled_s).sum())
    if problem.posts.stand_in_s is not None:
        empty_s += int((stand_ins(problem, solution) * problem.posts.stand_in_s).sum())
    if problem.reserve is None:
        return travel_s + empty_s
    beyond = np.maximum(0, _used_of(problem.reserve, problem, solution) - problem.reserve.quota)
    return travel_s + empty_s + int(beyond.sum()) * problem.reserve.price_s


def _check_pairs(problem: Problem, solution: Solution) -> None:
    chosen = solution.chosen
    if (np.diff(chosen, prepend=-1) <= 0).any() or (chosen >= len(problem.post)).any():
        raise SolverFailed("the plan uses a pair that is not a candidate, or one twice")
    people, uses = np.unique(problem.row[chosen], return_counts=True)
    if (uses > 1).any():
        raise SolverFailed(f"the plan uses roster rows {people[uses > 1][:5].tolist()} twice")


def stand_ins(problem: Problem, solution: Solution) -> Seconds:
    """Return how many heads of each special post people of the wider one fill, shape (m,)."""
    return np.maximum(0, -_falls(problem, solution))


def _falls(problem: Problem, solution: Solution) -> Seconds:
    """Return how many people go on from each post to the one it falls to, shape (m,); negative
    where people of that one stand in."""
    posts = problem.posts
    if solution.unfilled.shape != posts.heads.shape:
        raise SolverFailed("the plan's empty heads are not those of these needs")
    if ((solution.unfilled < 0) | (solution.unfilled > posts.heads)).any():
        raise SolverFailed("the plan leaves more heads empty than are open, or fewer than none")
    filled = (posts.heads - solution.unfilled).sum(axis=1)
    onward = np.bincount(problem.post[solution.chosen], minlength=len(posts)) - filled
    for j in np.flatnonzero(posts.falls_to >= 0).tolist():
        # A post falls to a later one only, so what comes in is complete here.
        onward[posts.falls_to[j]] += onward[j]
    barred = posts.stand_in_s is None
    wrong = np.flatnonzero(np.where(posts.falls_to < 0, onward != 0, (onward < 0) & barred))
    if wrong.size:
        names = ", ".join(dict.fromkeys(posts.need_ids[j] for j in wrong[:5]))
        raise SolverFailed(f"filled and empty heads do not add up to the open ones of {names}")
    flowing: Seconds = onward
    return flowing


def lower_bound(problem: Problem, prices: Prices) -> int:
    """Return a figure no feasible solution can cost less than, for any `prices`.

    The Lagrangian bound of the rules that every open head is filled or left empty and that beyond
    its quota a reserve group costs its price, with `prices` as multipliers (for example Ahuja,
    Magnanti, Orlin 1993, ch. 16):

        L = sum_j price_j heads_j + sum_jt heads_jt min(0, unfilled_jt - price_j)
            - sum_g price_g quota_g
            + sum_i min(0, min_j (cost_ij - widest price_j) + price_g(i))

    with 0 <= price_g <= the reserve's price. It equals the objective exactly when both solution
    and prices are optimal.

    Raises:
        ValueError: a price is so large that the sums might not be exact.
    """
    posts, reserve = problem.posts, problem.reserve
    if (np.abs(prices.post_s) > 2**40).any():
        raise ValueError("prices beyond 2^40 s cannot be summed exactly")
    group_s = np.clip(prices.group_s, 0, reserve.price_s if reserve else 0)
    clipped = Prices(prices.post_s, group_s)
    heads = (prices.post_s * posts.heads.sum(axis=1)).sum()
    empty = (posts.heads * np.minimum(0, posts.unfilled_s - prices.post_s[:, None])).sum()
    kept = (group_s * reserve.quota).sum() if reserve else 0
    gain = np.zeros(int(problem.row.max(initial=-1)) + 1, np.int64)
    np.minimum.at(gain, problem.row, -clipped.earned(problem))
    return int(heads) + int(empty) - int(kept) + int(gain.sum())


def prices(problem: Problem, solution: Solution) -> Prices:
    """Return what one more head of each post would cost: prices for `lower_bound`.

    Shortest-path distances from the source in the residual graph of `solution`, by Bellman and
    Ford, with the people folded into the arcs between posts. One more head of a post is left
    empty, or filled by somebody free, or by somebody taken from another post that is then paid
    for in the same way. Around an optimal solution no cycle is negative, the distances settle
    and the bound meets the objective; otherwise they keep falling and are cut off, which costs
    sharpness but not validity.
    """
    residual = _Residual(problem, solution)
    for _ in range(len(problem.posts) + len(residual.group_s) + 1):
        if not residual.relax():
            break
    post_s = residual.post_s
    settled = np.where(post_s >= FAR, problem.posts.unfilled_s[:, MINIMUM], post_s)
    return Prices(settled, residual.group_s)


class _Residual:
    """The residual graph of a solution and the distances found so far."""

    def __init__(self, problem: Problem, solution: Solution) -> None:
        self._reserve = problem.reserve
        self._falls_to = problem.posts.falls_to
        self._stand_in_s = problem.posts.stand_in_s
        self._special = np.flatnonzero(self._falls_to >= 0)
        onward = _falls(problem, solution)[self._special]
        self._flowing, self._standing = self._special[onward > 0], self._special[onward < 0]
        self._split_people(problem, solution)
        self._split_groups(problem, solution)
        could_be_empty = solution.unfilled < problem.posts.heads
        prices_s = np.where(could_be_empty, problem.posts.unfilled_s, FAR)
        self.post_s: Seconds = prices_s.min(axis=1, initial=FAR)
        self._take_free(free_of_group=True)

    def relax(self) -> bool:
        """Shorten what can be shortened, once; return whether anything was."""
        before = self.post_s.copy(), self.group_s.copy()
        if len(self._target):
            step_s = self.post_s[self._origin] + self._step_s
            reached = np.minimum.reduceat(step_s, self._start)
            self.post_s[self._target] = np.minimum(self.post_s[self._target], reached)
        self._relax_falls()
        if self._reserve is not None:
            self._take_free(free_of_group=False)
            np.minimum.at(
                self.group_s, self._used_group, self.post_s[self._used_at] - self._used_cost_s
            )
        return bool((before[0] != self.post_s).any() or (before[1] != self.group_s).any())

    def _relax_falls(self) -> None:
        for j in self._special.tolist():
            f = self._falls_to[j]
            self.post_s[f] = min(self.post_s[f], self.post_s[j])
        for j in self._flowing[::-1].tolist():
            f = self._falls_to[j]
            self.post_s[j] = min(self.post_s[j], self.post_s[f])
        if self._stand_in_s is None:
            return
        for j in self._special[::-1].tolist():
            f = self._falls_to[j]
            self.post_s[j] = min(self.post_s[j], self.post_s[f] + self._stand_in_s[j])
        for j in self._standing.tolist():
            f = self._falls_to[j]
            self.post_s[f] = min(self.post_s[f], self.post_s[j] - self._stand_in_s[j])

    def _split_people(self, problem: Problem, solution: Solution) -> None:
        """Pairs of free people, by post; and steps between posts for people in use."""
        n = int(problem.row.max(initial=-1)) + 1
        used_at = np.full(n, -1)
        used_at[problem.row[solution.chosen]] = problem.post[solution.chosen]
        cost_there_s = np.zeros(n, np.int64)
        cost_there_s[problem.row[solution.chosen]] = problem.cost_s[solution.chosen]
        self._free = np.flatnonzero(used_at[problem.row] < 0)
        self._post, self._row, self._cost_s = problem.post, problem.row, problem.cost_s
        moved = np.flatnonzero(used_at[problem.row] >= 0)
        self._start = np.flatnonzero(np.diff(problem.post[moved], prepend=-1) > 0)
        self._target = problem.post[moved][self._start]
        self._origin = used_at[problem.row[moved]]
        self._step_s = problem.cost_s[moved] - cost_there_s[problem.row[moved]]

    def _split_groups(self, problem: Problem, solution: Solution) -> None:
        """What one more of each group costs before anybody is released from a post."""
        reserve = self._reserve
        if reserve is None:
            self.group_s: Seconds = np.empty(0, np.int64)
            return
        used = _used_of(reserve, problem, solution)
        self.group_s = np.where(used < reserve.quota, 0, reserve.price_s).astype(np.int64)
        grouped = solution.chosen[reserve.group[problem.row[solution.chosen]] >= 0]
        self._used_group = reserve.group[problem.row[grouped]].astype(np.intp)
        self._used_at = problem.post[grouped]
        self._used_cost_s = problem.cost_s[grouped]
        in_group = reserve.group[self._row[self._free]] >= 0
        self._free_grouped = self._free[in_group]
        self._free = self._free[~in_group]

    def _take_free(self, *, free_of_group: bool) -> None:
        """The cheapest free person of every post."""
        pairs = self._free if free_of_group else self._free_grouped
        price_s = self._cost_s[pairs]
        if not free_of_group and self._reserve is not None:
            price_s = price_s + _of_group(self.group_s, self._reserve, self._row[pairs])
        np.minimum.at(self.post_s, self._post[pairs], price_s)


def _of_group(group_s: Seconds, reserve: Reserve, rows: Indices) -> Seconds:
    """What the reserve asks for each of these people; nothing for who is in no group."""
    asked: Seconds = np.append(group_s, 0)[reserve.group[rows]]
    return asked


def _used_of(reserve: Reserve, problem: Problem, solution: Solution) -> Seconds:
    group = reserve.group[problem.row[solution.chosen]]
    used: Seconds = np.bincount(group[group >= 0], minlength=len(reserve.quota))
    return used
