"""A matching problem with crossing rules as one integer program, and what is left of it once most
columns are settled.

    columns  pair | empty heads of a tier | falls of a post | stand-ins of it | people beyond a
             reserve's quota | units beyond a priced row | switch | what is left of each row
    rows     post: heads filled and empty = open | person: 1 | reserve: quota | rule: most

Everything is an integer and every row an equation, so a bound is a sum: for any prices y of the
rows, no solution costs less than

    L(y) = y rhs + sum over columns of min(0, d) upper,    d = cost - y matrix

and none in which column j is not at its cheaper end costs less than L(y) + |d_j|: reduced-cost
fixing (Wolsey 1998, Integer Programming, ch. 7). The costs of what is left are such differences d,
small however dear an empty head is, so that a solver's tolerances do no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from dispatch.matching.cost import Seconds
from dispatch.matching.crossing.rules import MUST, Rule
from dispatch.matching.problem import TIERS, Indices, Posts, Problem
from dispatch.matching.verify import Prices
from dispatch.roster import Bools, Floats

Matrix = Any
"""A scipy sparse array of int64."""

DEAREST: Final = 2**40
"""No price goes beyond this, so that sums stay exact."""


@dataclass(frozen=True, slots=True, eq=False)
class Rest:
    """Minimise `base_s` + `cost` z over integers 0 <= z <= `upper` with `least` <= `matrix` z <=
    `most`; `columns` and `rows` are the program's that are left."""

    columns: Indices
    rows: Indices
    cost: Seconds
    upper: Seconds
    matrix: Matrix
    least: Floats
    most: Floats
    base_s: int

    def parts(self) -> list[Rest]:
        """Return the parts that have no row in common, without the base."""
        r, c = self.matrix.shape
        touching = sparse.block_array(
            [[sparse.csr_array((r, r)), self.matrix], [None, sparse.csr_array((c, c))]]
        )
        count, part = connected_components(touching, directed=False)
        return [self._part(part[:r] == k, part[r:] == k) for k in range(count)]

    def _part(self, rows: Bools, columns: Bools) -> Rest:
        return Rest(
            columns=np.flatnonzero(columns),
            rows=np.flatnonzero(rows),
            cost=self.cost[columns],
            upper=self.upper[columns],
            matrix=self.matrix[rows][:, columns],
            least=self.least[rows],
            most=self.most[rows],
            base_s=0,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Minimise `cost` z over integers 0 <= z <= `upper`, shape (c,), with `matrix` z = `rhs`, shape
    (r,). The first columns are the problem's pairs, the last take up what is left of the rows from
    the posts' on; the first rows are the posts. `person`, shape (p,), is each pair's row; no row is
    worth more than `dearest`, shape (r,)."""

    problem: Problem
    cost: Seconds
    upper: Seconds
    matrix: Matrix
    rhs: Seconds
    person: Indices
    dearest: Seconds

    def priced(self, prices: Prices) -> Priced:
        """Return the program at these prices of posts and reserve, its rules at none."""
        y = np.zeros(len(self.rhs), np.int64)
        y[: len(prices.post_s)] = prices.post_s
        y[self.first_group : self.first_group + len(prices.group_s)] = -prices.group_s
        return self.at(y)

    def unpriced(self) -> Priced:
        """Return the program at no prices: every column costs what it costs."""
        return self.at(np.zeros(len(self.rhs), np.int64))

    @property
    def first_group(self) -> int:
        """The row of the first quota."""
        return int(self.person.max(initial=len(self.problem.posts) - 1)) + 1

    def at(self, y: Seconds) -> Priced:
        """Return the program at the prices `y` of its rows, shape (r,), made better where that is
        sure: a post is worth what the wider one is, no row more than it costs to break it, and a
        person's time what the best pair earns."""
        m, p = len(self.problem.posts), len(self.person)
        y = np.clip(y, -self.dearest, np.where(np.arange(len(y)) < m, self.dearest, 0))
        y[:m] = self.problem.posts.widest(y[:m])
        y[self.person] = 0
        d = self.cost - self.matrix.T @ y
        np.minimum.at(y, self.person, d[:p])
        d[:p] -= y[self.person]
        d[len(d) - len(y) + m :] = -y[m:]
        bound_s = int(y @ self.rhs) + int((np.minimum(0, d) * self.upper).sum())
        return Priced(self, y, d, bound_s)


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """A program at prices `y` of its rows: `d`, what each column costs more, and the bound."""

    program: Program
    y: Seconds
    d: Seconds
    bound_s: int

    @property
    def prices(self) -> Prices:
        """The prices of posts and reserve."""
        problem = self.program.problem
        m, first = len(problem.posts), self.program.first_group
        groups = len(problem.reserve.quota) if problem.reserve else 0
        return Prices(self.y[:m], -self.y[first : first + groups])

    def nearest(self, pairs: int) -> int:
        """Return the seconds, at least 1, within which so many pairs are of being worth it."""
        d = self.d[: len(self.program.person)]
        k = min(pairs, len(d)) - 1
        return int(np.partition(d, k)[k]) + 1 if k >= 0 else 1

    def within(self, most_s: int) -> Bools:
        """Return which columns it costs less than `most_s` to move from their cheaper end."""
        return np.abs(self.d) < most_s

    def ends(self, free: Bools) -> Seconds:
        """Return the columns at their cheaper ends, the `free` ones at 0."""
        return np.where(free | (self.d >= 0), 0, self.program.upper)

    def rest(self, free: Bools) -> Rest:
        """Return what is left when all but the `free` columns, shape (c,), stay at their cheaper
        ends. Rows that hold in any case are left out."""
        program = self.program
        first = len(self.d) - len(self.y)  # row r has its slack in column first + r
        slack = np.arange(len(self.d)) >= first + len(program.problem.posts)
        most = program.rhs - program.matrix @ self.ends(free)
        columns = np.flatnonzero(free & ~(slack & (self.d == 0)))
        lax = np.zeros(len(self.y), np.bool_)
        lax[np.flatnonzero(free & slack & (self.d == 0)) - first] = True
        upper, matrix = program.upper[columns], program.matrix[:, columns].tocsr()
        tight = np.where(
            lax, matrix.maximum(0) @ upper > most, (np.diff(matrix.indptr) > 0) | (most != 0)
        )
        return Rest(
            columns=columns,
            rows=np.flatnonzero(tight),
            cost=self.d[columns],
            upper=upper,
            matrix=matrix[tight],
            least=np.where(lax, -np.inf, most)[tight],
            most=most[tight].astype(np.float64),
            base_s=self.bound_s - int((np.minimum(0, self.d[columns]) * upper).sum()),
        )


def program_of(problem: Problem, rules: Sequence[Rule]) -> Program:
    """Return the program of `problem` under `rules`; rows at no price are left out."""
    posts, p, m = problem.posts, len(problem.post), len(problem.posts)
    people, person = np.unique(problem.row, return_inverse=True)
    n, heads = len(people), posts.heads.ravel()
    onward, step_s = _onward(posts)
    quota, group, held_s = _reserve(problem)
    weight, switch, most, price_s = _rows(rules, p)
    dear = np.flatnonzero(price_s != MUST)
    cells = [
        [_ones(problem.post, m), _ones(np.repeat(np.arange(m), TIERS), m), onward, *[None] * 3],
        [_ones(person, n), *[None] * 5],
        [group, None, None, -_ones(np.arange(len(quota)), len(quota)), None, None],
        [weight, None, None, None, -_ones(dear, len(most)), switch],
    ]
    taking: Matrix = sparse.block_array(cells, format="csr")
    rhs = np.concatenate([posts.heads.sum(axis=1), np.ones(n, np.int64), quota, most])
    beyond = (weight.maximum(0).sum(axis=1) + switch.maximum(0).sum(axis=1) - most)[dear]
    turns = switch.shape[1]
    upper = _stack(
        (1, p), (heads, len(heads)), (heads.sum(), len(step_s)), (n, len(quota)),
        (np.maximum(0, beyond), len(dear)), (1, turns),
    )  # fmt: skip
    left = (rhs - taking.minimum(0) @ upper)[m:]
    cost = _stack(
        (problem.cost_s, p), (posts.unfilled_s.ravel(), len(heads)), (step_s, len(step_s)),
        (held_s, len(quota)), (price_s[dear], len(dear)), (0, turns + len(left)),
    )  # fmt: skip
    return Program(
        problem=problem,
        cost=cost,
        upper=np.append(upper, left),
        matrix=sparse.hstack([taking, _ones(np.arange(m, len(rhs)), len(rhs))], format="csc"),
        rhs=rhs,
        person=m + person,
        dearest=_stack(
            (DEAREST, m + n),
            (held_s, len(quota)),
            (np.where(price_s == MUST, DEAREST, price_s), len(most)),
        ),
    )


def _onward(posts: Posts) -> tuple[Matrix, Seconds]:
    """The ways of people from post to post, down and as stand-ins back up, and what they cost."""
    special = np.flatnonzero(posts.falls_to >= 0)
    falls = _ones(posts.falls_to[special], len(posts)) - _ones(special, len(posts))
    free_s = np.zeros(len(special), np.int64)
    if posts.stand_in_s is None:
        return falls, free_s
    both = sparse.hstack([falls, -falls])
    return both, np.concatenate([free_s, posts.stand_in_s[special]])


def _stack(*parts: tuple[Any, int]) -> Seconds:
    return np.concatenate([np.broadcast_to(value, size) for value, size in parts]).astype(np.int64)


def _ones(row: Indices, rows: int) -> Matrix:
    """One column for each entry of `row`, with a 1 there."""
    k = len(row)
    return sparse.csr_array((np.ones(k, np.int64), (row, np.arange(k))), shape=(rows, k))


def _reserve(problem: Problem) -> tuple[Seconds, Matrix, int]:
    """The quotas, which pairs count towards which, shape (groups, p), and the price beyond."""
    reserve, p = problem.reserve, len(problem.post)
    if reserve is None:
        return np.empty(0, np.int64), sparse.csr_array((0, p), dtype=np.int64), 0
    group = reserve.group[problem.row].astype(np.intp)
    its = np.flatnonzero(group >= 0)
    entries = (np.ones(len(its), np.int64), (group[its], its))
    return reserve.quota, sparse.csr_array(entries, shape=(len(reserve.quota), p)), reserve.price_s


def _rows(rules: Sequence[Rule], p: int) -> tuple[Matrix, Matrix, Seconds, Seconds]:
    """All rows but those at no price: the weights of pairs, shape (rows, p), and of switches,
    shape (rows, switches), how much is the most, and the prices."""
    first = np.cumsum([0, *(len(rule.most) for rule in rules)])
    starts = list(zip(rules, first, strict=False))
    none = np.empty(0, np.int64)
    row, pair, weight, most, price_s = (
        np.concatenate([none, *parts])
        for parts in (
            [at + rule.row for rule, at in starts],
            [rule.pair for rule in rules],
            [rule.weight for rule in rules],
            [rule.most for rule in rules],
            [rule.price_s for rule in rules],
        )
    )
    switched = [
        (at + np.arange(len(rule.most)), rule.switch) for rule, at in starts if rule.switch.any()
    ]
    turns = np.concatenate([none, *(r for r, _ in switched)])
    of = np.repeat(np.arange(len(switched)), [len(r) for r, _ in switched])
    values = np.concatenate([none, *(v for _, v in switched)])
    count = int(first[-1])
    weights = sparse.csr_array((weight, (row, pair)), shape=(count, p))
    switches = sparse.csr_array((values, (turns, of)), shape=(count, len(switched)))
    kept = np.flatnonzero(price_s != 0)
    return weights[kept], switches[kept], most[kept], price_s[kept]
