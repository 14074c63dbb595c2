"""Random matching problems, and three ways to solve them that share no code with the matcher."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import coo_array

from dispatch.matching.problem import TIERS, PostKind, Posts, Problem, Reserve, Solution
from dispatch.model import NeedId

Costs = Sequence[Sequence[int | None]]
"""Cost per post and person; None where the person is no candidate."""
Tiers = Sequence[Sequence[int]]
"""A figure per post and tier; the last tiers may be left out."""


def problem_of(
    costs: Costs,
    heads: Tiers,
    unfilled: Tiers,
    *,
    needs: Sequence[int] | None = None,
    falls: Sequence[int] | None = None,
    stand_ins: Sequence[int] | None = None,
    reserve: Reserve | None = None,
) -> Problem:
    """Return the problem with these costs, open heads and prices per tier; by default every post
    is a need of its own."""
    m = len(heads)
    pairs = [(j, i, c) for j, row in enumerate(costs) for i, c in enumerate(row) if c is not None]
    post, row, cost = (np.array([p[k] for p in pairs], np.int64) for k in range(3))
    return Problem(
        posts=Posts(
            need_ids=tuple(NeedId(f"n{j:03}") for j in (range(m) if needs is None else needs)),
            kinds=(PostKind.ANY,) * m,
            heads=by_tier(heads),
            unfilled_s=by_tier(unfilled),
            falls_to=np.full(m, -1) if falls is None else np.array(falls, np.intp),
            stand_in_s=None if stand_ins is None else np.array(stand_ins, np.int64),
        ),
        post=post.astype(np.intp),
        row=row.astype(np.intp),
        cost_s=cost,
        eta_s=cost.astype(np.int32),
        reserve=reserve,
    )


def by_tier(figures: Tiers) -> np.ndarray:
    """Return the figures in all tiers, shape (m, 3), 0 in those left out."""
    return np.array([(*row, *[0] * (TIERS - len(row))) for row in figures], np.int64).reshape(
        -1, TIERS
    )


def reserve_of(groups: Sequence[int], quota: Sequence[int], price_s: int) -> Reserve:
    return Reserve(np.array(groups, np.int8), np.array(quota, np.int64), price_s)


@st.composite
def problems(
    draw: st.DrawFn,
    most_needs: int = 4,
    most_people: int = 6,
    most_posts: int = 3,
    *,
    reserves: bool = True,
) -> Problem:
    """Small problems with ties, empty needs, people without pairs, prices below travel, posts
    that fall to others or do not, stand-ins and scarce groups; `plain` ones have one post per need
    and none of these."""
    sizes = draw(st.lists(st.integers(1, most_posts), max_size=most_needs))
    needs = [k for k, size in enumerate(sizes) for _ in range(size)]
    falls = [j for size in sizes for j in _falls(draw, size)]
    falls = [j if j < 0 else needs.index(needs[k]) + j for k, j in enumerate(falls)]
    m, n = len(needs), draw(st.integers(0, most_people))
    cell = st.one_of(st.none(), st.integers(0, 12), st.integers(0, 5_000))
    costs = draw(st.lists(st.lists(cell, min_size=n, max_size=n), min_size=m, max_size=m))
    tier = st.tuples(*[st.integers(0, 2)] * TIERS)
    heads = draw(st.lists(tier, min_size=m, max_size=m))
    price = st.tuples(st.sampled_from([1, 4]), st.sampled_from([3, 1_000, 100_000]))
    unfilled = [(f * d, d, d // 3) for f, d in draw(st.lists(price, min_size=m, max_size=m))]
    stands = st.lists(st.sampled_from([0, 7, 400]), min_size=m, max_size=m)
    return problem_of(
        costs,
        heads,
        unfilled,
        needs=needs,
        falls=falls,
        stand_ins=draw(st.none() | stands),
        reserve=draw(st.none() | _reserves(n)) if reserves else None,
    )


def plain(most_needs: int = 6, most_people: int = 6) -> st.SearchStrategy[Problem]:
    """Problems with one post per need and nobody kept back."""
    return problems(most_needs, most_people, 1, reserves=False)


def _falls(draw: st.DrawFn, size: int) -> list[int]:
    """A forest: every post falls to a later one or to none."""
    return [draw(st.sampled_from([-1, *range(j + 1, size)])) for j in range(size)]


@st.composite
def _reserves(draw: st.DrawFn, people: int) -> Reserve:
    groups = draw(st.lists(st.integers(-1, 1), min_size=people, max_size=people))
    quota = draw(st.lists(st.integers(0, 2), min_size=2, max_size=2))
    return reserve_of(groups, quota, draw(st.sampled_from([0, 5, 500, 50_000])))


def random_problem(
    seed: int, needs: int, people: int, density: float, heads: int = 3, dearest: int = 7_200
) -> Problem:
    """A bigger plain problem in which `density` of all pairs are candidates."""
    rng = np.random.default_rng(seed)
    tiers = rng.integers(0, heads + 1, (needs, 2)).tolist()
    weights = rng.choice([1, 2, 4, 8], needs).tolist()
    prices = [(4_000_000 * w, 1_000_000 * w) for w in weights]
    return problem_of(_random_costs(rng, needs, people, density, dearest), tiers, prices)


def random_crews(seed: int, needs: int, people: int, density: float) -> Problem:
    """A bigger problem of needs with a chain of three posts each, and scarce people kept back."""
    rng = np.random.default_rng(seed)
    m = 3 * needs
    tiers = rng.integers(0, 3, (m, TIERS)).tolist()
    weights = np.repeat(rng.choice([1, 2, 4, 8], needs), 3).tolist()
    scarce = rng.choice([-1, -1, -1, 0, 1], people).tolist()
    return problem_of(
        _random_costs(rng, m, people, density, 7_200),
        tiers,
        [(40_000 * w, 10_000 * w, 1_000 * w) for w in weights],
        needs=[j // 3 for j in range(m)],
        falls=[-1 if j % 3 == 2 else j + 1 for j in range(m)],
        stand_ins=[2_500 * w for w in weights] if seed % 2 else None,
        reserve=reserve_of(scarce, [people // 20] * 2, 15_000),
    )


def _random_costs(
    rng: np.random.Generator, posts: int, people: int, density: float, dearest: int
) -> Costs:
    cost = rng.integers(60, dearest, (posts, people))
    there = rng.random((posts, people)) < density
    return [
        [int(c) if t else None for c, t in zip(*rows, strict=True)]
        for rows in zip(cost, there, strict=True)
    ]


def may_fill(problem: Problem, post: int) -> dict[int, int]:
    """Return the posts that who enters at `post` may fill, and what standing in there costs."""
    found = {post: 0}
    ways = _ways(problem)
    for _ in ways:
        for origin, target, price in ways:
            if origin in found:
                found[target] = min(found[origin] + price, found.get(target, 2**60))
    return found


def _ways(problem: Problem) -> list[tuple[int, int, int]]:
    """From which post to which people may go on, and at what price."""
    posts = problem.posts
    falls = [(j, f, 0) for j, f in enumerate(posts.falls_to.tolist()) if f >= 0]
    if posts.stand_in_s is None:
        return falls
    return falls + [(f, j, int(posts.stand_in_s[j])) for j, f, _ in falls]


def cost_by_hand(problem: Problem, solution: Solution) -> int | None:
    """Return what a solution costs; None if its people cannot take posts so that just the heads
    not empty are filled."""
    heads = problem.posts.heads
    rows = [int(problem.row[pair]) for pair in solution.chosen]
    if len(set(rows)) < len(rows) or (solution.unfilled < 0).any():
        return None
    if (solution.unfilled > heads).any():
        return None
    filled = (heads - solution.unfilled).sum(axis=1).tolist()
    places = [may_fill(problem, int(problem.post[pair])) for pair in solution.chosen]
    standing = [
        sum(prices[j] for prices, j in zip(places, taken, strict=True))
        for taken in itertools.product(*places)
        if [taken.count(j) for j in range(len(heads))] == filled
    ]
    if not standing:
        return None
    total = min(standing) + sum(int(problem.cost_s[pair]) for pair in solution.chosen)
    total += int((solution.unfilled * problem.posts.unfilled_s).sum())
    return total + _held_back(problem, tuple(_of_groups(problem, rows)))


def _of_groups(problem: Problem, rows: Sequence[int]) -> list[int]:
    """How many of these people belong to each reserve group."""
    if problem.reserve is None:
        return []
    groups = [int(problem.reserve.group[row]) for row in rows]
    return [groups.count(g) for g in range(len(problem.reserve.quota))]


def _held_back(problem: Problem, used: tuple[int, ...]) -> int:
    """What the reserve asks for so many people of its groups."""
    if problem.reserve is None:
        return 0
    quota: list[int] = problem.reserve.quota.tolist()
    beyond = sum(max(0, u - q) for u, q in zip(used, quota, strict=True))
    return beyond * int(problem.reserve.price_s)


def enumerated(problem: Problem) -> int:
    """Return the least objective over all assignments: every person tried at every post.

    Assignments that fill the same heads and use as many of each group are continued together, at
    their cheapest.
    """
    nobody = tuple(_of_groups(problem, []))
    least: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {
        ((0,) * len(problem.posts), nobody): 0
    }
    most = problem.posts.heads.sum(axis=1).tolist()
    for row in np.unique(problem.row).tolist():
        grown = dict(least)
        mine = _offers(problem, row)
        person = _of_groups(problem, [row])
        for (filled, used), before in least.items():
            for j, cost in mine:
                if filled[j] < most[j]:
                    more = (*filled[:j], filled[j] + 1, *filled[j + 1 :])
                    key = more, tuple(u + p for u, p in zip(used, person, strict=True))
                    grown[key] = min(before + cost, grown.get(key, before + cost))
        least = grown
    return min(
        cost + _empty(problem, filled) + _held_back(problem, used)
        for (filled, used), cost in least.items()
    )


def _offers(problem: Problem, row: int) -> list[tuple[int, int]]:
    """The posts that a person may fill, and what they cost there."""
    return [
        (j, int(problem.cost_s[pair]) + price)
        for pair in np.flatnonzero(problem.row == row).tolist()
        for j, price in may_fill(problem, int(problem.post[pair])).items()
    ]


def _empty(problem: Problem, filled: Sequence[int]) -> int:
    """What the heads beyond `filled` cost, those of the highest tiers left empty first."""
    total = 0
    for j, taken in enumerate(filled):
        for heads, price in zip(
            problem.posts.heads[j].tolist(), problem.posts.unfilled_s[j].tolist(), strict=True
        ):
            total += max(0, heads - taken) * price
            taken = max(0, taken - heads)
    return total


def as_assignment(problem: Problem) -> int:
    """Return the optimum, without a reserve, as a dense assignment of head slots to people or to
    staying empty."""
    assert problem.reserve is None
    heads = problem.posts.heads
    slots = [
        (j, t) for j in range(len(heads)) for t in range(TIERS) for _ in range(int(heads[j, t]))
    ]
    people = int(problem.row.max(initial=-1)) + 1
    cost = np.full((len(slots), people + len(slots)), 1e12)
    for s, (j, t) in enumerate(slots):
        cost[s, people + s] = problem.posts.unfilled_s[j, t]
        for k in range(len(heads)):
            mine, price = problem.post == k, may_fill(problem, k).get(j, 10**12)
            rows = problem.row[mine]
            cost[s, rows] = np.minimum(cost[s, rows], problem.cost_s[mine] + price)
    return int(cost[linear_sum_assignment(cost)].sum())


def by_milp(problem: Problem, *, one_less_at: int = -1, one_more_of: int = -1) -> int | None:
    """Return the optimum by a mixed-integer program (HiGHS); None where there is no solution.

    Asks for one head less at the post `one_less_at`, and lets the reserve give one person more of
    the group `one_more_of` at no price.
    """
    heads = problem.posts.heads
    m, p = heads.shape[0], len(problem.post)
    ways = np.array(_ways(problem), np.int64).reshape(-1, 3)
    quota = problem.reserve.quota if problem.reserve else np.empty(0, np.int64)
    price_s = problem.reserve.price_s if problem.reserve else 0
    people, person = np.unique(problem.row, return_inverse=True)
    group = (
        problem.reserve.group[problem.row].astype(np.intp) if problem.reserve else np.full(p, -1)
    )
    at_way, at_empty = p + np.arange(len(ways)), p + len(ways) + np.arange(heads.size)
    at_beyond = p + len(ways) + heads.size + np.arange(len(quota))
    scarce = np.flatnonzero(group >= 0)
    first_person, first_group = m, m + len(people)
    entries = [
        (problem.post, np.arange(p), 1),
        (ways[:, 0], at_way, -1),
        (ways[:, 1], at_way, 1),
        (np.repeat(np.arange(m), TIERS), at_empty, 1),
        (first_person + person, np.arange(p), 1),
        (first_group + group[scarce], scarce, 1),
        (first_group + np.arange(len(quota)), at_beyond, -1),
    ]
    wanted = heads.sum(axis=1) - (np.arange(m) == one_less_at)
    given = quota + (np.arange(len(quota)) == one_more_of)
    none = np.full(len(quota), -np.inf)
    costs = np.concatenate(
        [
            problem.cost_s,
            ways[:, 2],
            problem.posts.unfilled_s.ravel(),
            np.full(len(quota), price_s),
        ]
    )
    most = [np.ones(p), np.full(len(ways), np.inf), heads.ravel(), np.full(len(quota), np.inf)]
    return minimum(
        costs,
        entries,
        least=np.concatenate([wanted, np.zeros(len(people)), none]),
        most=np.concatenate([wanted, np.ones(len(people)), given]),
        upper=np.concatenate(most),
    )


Entries = Sequence[tuple[np.ndarray, np.ndarray, int]]
"""Rows, columns and the coefficient they share."""


def minimum(
    costs: np.ndarray, entries: Entries, least: np.ndarray, most: np.ndarray, upper: np.ndarray
) -> int | None:
    """Return the least whole-number value of costs @ x, 0 <= x <= upper, least <= A x <= most."""
    if not len(costs) or not len(least):
        return 0
    rows, columns = (np.concatenate([e[k] for e in entries]).astype(np.int64) for k in (0, 1))
    values = np.concatenate([np.full(len(e[0]), e[2], np.float64) for e in entries])
    matrix = coo_array((values, (rows, columns)), (len(least), len(costs))).tocsr()
    found = milp(
        costs.astype(np.float64),
        constraints=LinearConstraint(matrix, least, most),
        bounds=Bounds(0, upper),
        integrality=np.ones(len(costs), np.int64),
        options={"mip_rel_gap": 0},
    )
    if found.status == 2:
        return None
    assert found.success, found.message
    return int((np.rint(found.x).astype(np.int64) * costs).sum())
