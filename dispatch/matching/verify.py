"""The second opinion, apart from the solver: is the plan allowed, what does it cost, how good is
it at best? Runs in production on every plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dispatch.errors import SolverFailed
from dispatch.matching.cost import Seconds
from dispatch.matching.problem import Indices, Problem, Reserve, Solution

FAR: Final = 2**60
"""The distance from a post that nothing leaves; below overflow when costs are added to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What one head less of each post would save, shape (m,), and what the reserve asks for a
    person of each group, shape (groups,); equivalent seconds."""

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
    earned_s = clipped.earned(problem)
    worth = np.flatnonzero(earned_s > 0)
    gain = np.zeros(int(problem.row[worth].max(initial=-1)) + 1, np.int64)
    np.maximum.at(gain, problem.row[worth], earned_s[worth])
    return int(heads) + int(empty) - int(kept) - int(gain.sum())


def prices(problem: Problem, solution: Solution) -> Prices:
    """Return what one head less of each post would save: prices for `lower_bound`.

    Shortest-path distances to the source in the residual graph of `solution`, by Bellman and Ford,
    with the people folded into the arcs between posts. With one head less of a post somebody goes
    home, an empty head is gone, or somebody goes to another post, from where it goes on in the same
    way. Around an optimal solution no cycle is negative, the distances settle and the bound meets
    the objective; otherwise they keep falling and are cut off, which costs sharpness but not
    validity.

    Of all prices that prove an optimum these are the lowest, so they tempt fewest people.
    """
    residual = _Residual(problem, solution)
    for _ in range(len(problem.posts) + len(residual.group_s) + 1):
        if not residual.relax():
            break
    reached = residual.post_s < FAR
    # What nothing leaves is a post without heads, of which one less saves nothing.
    return Prices(np.where(reached, -residual.post_s, 0), -residual.group_s)


class _Residual:
    """The residual graph of a solution and the distances to the source found so far."""

    def __init__(self, problem: Problem, solution: Solution) -> None:
        self._reserve = problem.reserve
        self._falls_to = problem.posts.falls_to
        self._stand_in_s = problem.posts.stand_in_s
        self._special = np.flatnonzero(self._falls_to >= 0)
        onward = _falls(problem, solution)[self._special]
        self._flowing, self._standing = self._special[onward > 0], self._special[onward < 0]
        prices_s = np.where(solution.unfilled > 0, -problem.posts.unfilled_s, FAR)
        self.post_s: Seconds = prices_s.min(axis=1, initial=FAR)
        self._split_people(problem, solution)
        self._split_groups(problem, solution)
        np.minimum.at(self.post_s, self._home_at, -self._home_cost_s)

    def relax(self) -> bool:
        """Shorten what can be shortened, once; return whether anything was."""
        before = self.post_s.copy(), self.group_s.copy()
        if len(self._origin):
            step_s = self.post_s[self._target] + self._step_s
            reached = np.minimum.reduceat(step_s, self._start)
            self.post_s[self._origin] = np.minimum(self.post_s[self._origin], reached)
        self._relax_falls()
        if self._reserve is not None:
            self._swap_within_groups()
            np.minimum.at(
                self.post_s, self._used_at, self.group_s[self._used_group] - self._used_cost_s
            )
        return bool((before[0] != self.post_s).any() or (before[1] != self.group_s).any())

    def _relax_falls(self) -> None:
        for j in self._special[::-1].tolist():
            f = self._falls_to[j]
            self.post_s[j] = min(self.post_s[j], self.post_s[f])
        for j in self._flowing.tolist():
            f = self._falls_to[j]
            self.post_s[f] = min(self.post_s[f], self.post_s[j])
        if self._stand_in_s is None:
            return
        for j in self._special.tolist():
            f = self._falls_to[j]
            self.post_s[f] = min(self.post_s[f], self.post_s[j] + self._stand_in_s[j])
        for j in self._standing.tolist():
            f = self._falls_to[j]
            self.post_s[j] = min(self.post_s[j], self.post_s[f] - self._stand_in_s[j])

    def _split_people(self, problem: Problem, solution: Solution) -> None:
        """Steps between posts for people in use, and the pairs of free people."""
        n = int(problem.row.max(initial=-1)) + 1
        used_at = np.full(n, -1)
        used_at[problem.row[solution.chosen]] = problem.post[solution.chosen]
        cost_there_s = np.zeros(n, np.int64)
        cost_there_s[problem.row[solution.chosen]] = problem.cost_s[solution.chosen]
        origin = used_at[problem.row]
        self._free = np.flatnonzero(origin < 0)
        moved = np.flatnonzero((origin >= 0) & (origin != problem.post))
        moved = moved[np.argsort(origin[moved], kind="stable")]
        self._start = np.flatnonzero(np.diff(origin[moved], prepend=-1) > 0)
        self._origin = origin[moved][self._start]
        self._target = problem.post[moved]
        self._step_s = problem.cost_s[moved] - cost_there_s[problem.row[moved]]

    def _split_groups(self, problem: Problem, solution: Solution) -> None:
        """Who goes home for nothing, who gives their group's reserve a place, and who of the group
        could take it."""
        reserve, chosen = problem.reserve, solution.chosen
        group = np.full(len(chosen), -1) if reserve is None else reserve.group[problem.row[chosen]]
        alone, grouped = chosen[group < 0], chosen[group >= 0]
        self._home_at, self._home_cost_s = problem.post[alone], problem.cost_s[alone]
        if reserve is None:
            self.group_s: Seconds = np.empty(0, np.int64)
            return
        used = _used_of(reserve, problem, solution)
        self.group_s = np.where(used > reserve.quota, -reserve.price_s, 0).astype(np.int64)
        self._used_group = group[group >= 0].astype(np.intp)
        self._used_at, self._used_cost_s = problem.post[grouped], problem.cost_s[grouped]
        free = self._free[reserve.group[problem.row[self._free]] >= 0]
        self._free_group = reserve.group[problem.row[free]].astype(np.intp)
        self._free_post, self._free_cost_s = problem.post[free], problem.cost_s[free]

    def _swap_within_groups(self) -> None:
        """Somebody free of a group takes the place in its reserve that another gives back."""
        there_s = self.post_s[self._free_post] + self._free_cost_s
        np.minimum.at(self.group_s, self._free_group, there_s)


def _of_group(group_s: Seconds, reserve: Reserve, rows: Indices) -> Seconds:
    """What the reserve asks for each of these people; nothing for who is in no group."""
    asked: Seconds = np.append(group_s, 0)[reserve.group[rows]]
    return asked


def _used_of(reserve: Reserve, problem: Problem, solution: Solution) -> Seconds:
    group = reserve.group[problem.row[solution.chosen]]
    used: Seconds = np.bincount(group[group >= 0], minlength=len(reserve.quota))
    return used
