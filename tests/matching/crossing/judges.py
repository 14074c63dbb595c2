"""Every crossing rule said a second time, person by person, and the best plan under such rules by
trying every plan."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from hypothesis import strategies as st

from dispatch.matching.crews import Crew
from dispatch.matching.crossing import rules
from dispatch.matching.crossing.rules import MUST, Group, Rule, RuleName
from dispatch.matching.policy import CrewPolicy
from dispatch.matching.problem import SPARE, TIERS, Problem, Solution
from tests.matching.oracles import may_fill, minimum, problems, random_problem

Sent = Sequence[tuple[int, int]]
"""The post at which each person enters, and the person's row."""
Judge = Callable[[Sent], int | None]
"""What a rule asks for a plan; None if it forbids it."""

PEOPLE = 4


@dataclass(frozen=True)
class Case:
    """A problem under rules, each with its judge."""

    problem: Problem
    rules: tuple[Rule, ...]
    judges: tuple[Judge, ...]

    def asked(self, sent: Sent) -> int | None:
        """Return what the rules ask together."""
        asked = [judge(sent) for judge in self.judges]
        return None if None in asked else sum(a or 0 for a in asked)


def sent_by(problem: Problem, solution: Solution) -> Sent:
    return [(int(problem.post[p]), int(problem.row[p])) for p in solution.chosen]


def best(case: Case) -> int:
    """Return the least objective: everybody tried at every post that they may fill."""
    problem, found = case.problem, []
    people = np.unique(problem.row).tolist()
    for plan in itertools.product(*([None, *_ways(problem, row)] for row in people)):
        trips = [way for way in plan if way is not None]
        asked = case.asked([(post, row) for post, row, _, _ in trips])
        empty = _empty_s(problem, [target for _, _, target, _ in trips])
        if asked is not None and empty is not None:
            held = _held_s(problem, [row for _, row, _, _ in trips])
            found.append(asked + empty + held + sum(cost for *_, cost in trips))
    return min(found)


def _ways(problem: Problem, row: int) -> list[tuple[int, int, int, int]]:
    """Post entered, row, post filled, cost."""
    return [
        (int(problem.post[pair]), row, target, int(problem.cost_s[pair]) + price)
        for pair in np.flatnonzero(problem.row == row).tolist()
        for target, price in may_fill(problem, int(problem.post[pair])).items()
    ]


def _empty_s(problem: Problem, filled: Sequence[int]) -> int | None:
    total = 0
    for j, heads in enumerate(problem.posts.heads.tolist()):
        here = filled.count(j)
        if here > sum(heads):
            return None
        prices = [p for p, h in zip(problem.posts.unfilled_s[j].tolist(), heads, strict=True)
                  for _ in range(h)]  # fmt: skip
        total += sum(prices[here:])
    return total


def _held_s(problem: Problem, rows: Sequence[int]) -> int:
    reserve = problem.reserve
    if reserve is None:
        return 0
    groups = [int(reserve.group[row]) for row in rows]
    used = [groups.count(g) for g in range(len(reserve.quota))]
    beyond = sum(max(0, u - int(q)) for u, q in zip(used, reserve.quota, strict=True))
    return beyond * reserve.price_s


@st.composite
def cases(draw: st.DrawFn, names: Sequence[RuleName] = tuple(RuleName), most: int = 3) -> Case:
    """Small problems under up to `most` rules of these names."""
    problem = draw(problems(3, PEOPLE, 2))
    drawn = [
        _DRAWN[name](draw, problem)
        for name in draw(st.lists(st.sampled_from(names), max_size=most))
    ]
    return Case(problem, tuple(r for r, _ in drawn), tuple(j for _, j in drawn))


def _group(draw: st.DrawFn, problem: Problem) -> Group:
    # Whole needs: who enters at one post of a need may fill another of it.
    needs = sorted(set(problem.posts.need_ids))
    drawn = draw(st.sets(st.sampled_from(needs))) if needs else set()
    posts = [j for j, need_id in enumerate(problem.posts.need_ids) if need_id in drawn]
    heads = draw(st.integers(0, 2))
    part = st.integers(0, heads)
    crew = Crew(heads=heads, leaders=draw(part), safety=draw(part), newcomers=draw(part))
    return Group("g", np.array(posts, np.intp), crew)


def _mask(draw: st.DrawFn) -> np.ndarray:
    return np.array(draw(st.lists(st.booleans(), min_size=PEOPLE, max_size=PEOPLE)))


def _price(draw: st.DrawFn) -> int | None:
    return draw(st.sampled_from([None, 0, 3, 500]))


def _keeper(
    problem: Problem, group: Group, holds: np.ndarray, wanted: int, price: int | None
) -> Judge:
    heads = int(problem.posts.heads[group.posts].sum())
    room = heads - min(heads, max(0, wanted))

    def judge(sent: Sent) -> int | None:
        others = sum(post in group.posts and not holds[row] for post, row in sent)
        if others <= room:
            return 0
        return None if price is None else (others - room) * price

    return judge


def _crew(problem: Problem, group: Group) -> int:
    return group.there.heads + int(problem.posts.heads[group.posts, :SPARE].sum())


def _leader(draw: st.DrawFn, problem: Problem) -> tuple[Rule, Judge]:
    group, leads, price = _group(draw, problem), _mask(draw), _price(draw)
    policy = CrewPolicy(from_heads=draw(st.integers(1, 4)), leader_per=draw(st.integers(1, 4)))
    crew = _crew(problem, group)
    wanted = ceil(crew / policy.leader_per) if crew >= policy.from_heads else 0
    wanted -= group.there.leaders
    return (
        rules.leader(problem, group, leads, policy, price),
        _keeper(problem, group, leads, wanted, price),
    )


def _newcomers(draw: st.DrawFn, problem: Problem) -> tuple[Rule, Judge]:
    group, new, price = _group(draw, problem), _mask(draw), _price(draw)
    policy = CrewPolicy(from_heads=draw(st.integers(1, 4)), newcomer_share=0.5)
    crew = _crew(problem, group)
    old = (crew + 1) // 2 - (group.there.heads - group.there.newcomers)
    wanted = old if crew >= policy.from_heads else 0
    return (
        rules.newcomers(problem, group, new, policy, price),
        _keeper(problem, group, ~new, wanted, price),
    )


def _safety(draw: st.DrawFn, problem: Problem) -> tuple[Rule, Judge]:
    group, watches, price = _group(draw, problem), _mask(draw), _price(draw)
    wanted = 0 if group.there.safety else 1
    return (
        rules.safety(problem, group, watches, price),
        _keeper(problem, group, watches, wanted, price),
    )


def _language(draw: st.DrawFn, problem: Problem) -> tuple[Rule, Judge]:
    group, speaks, price = _group(draw, problem), _mask(draw), _price(draw)
    return (
        rules.language(problem, group, speaks, price),
        _keeper(problem, group, speaks, 1, price),
    )


def _buddy(draw: st.DrawFn, problem: Problem) -> tuple[Rule, Judge]:
    group, price = _group(draw, problem), draw(st.sampled_from([3, 500]))

    def judge(sent: Sent) -> int | None:
        together = group.there.heads + sum(post in group.posts for post, _ in sent)
        if together != 1:
            return 0
        return price if group.there.heads else None

    return rules.buddy(problem, group, price), judge


def _squad(draw: st.DrawFn, problem: Problem) -> tuple[Rule, Judge]:
    rows = draw(st.sets(st.integers(0, PEOPLE - 1), min_size=2, max_size=3))
    members = np.array(sorted(rows), np.intp)

    def judge(sent: Sent) -> int | None:
        places = [problem.posts.need_ids[post] for post, row in sent if row in rows]
        if not places or (len(places) == len(rows) and len(set(places)) == 1):
            return 0
        return None

    return rules.squad(problem, "s", members), judge


def _seats(draw: st.DrawFn, problem: Problem) -> tuple[Rule, Judge]:
    group, walks, waiting = _group(draw, problem), _mask(draw), draw(st.integers(0, 1))
    free = np.array(draw(st.lists(st.integers(0, 2), min_size=PEOPLE, max_size=PEOPLE)), np.int32)

    def judge(sent: Sent) -> int | None:
        rows = [row for post, row in sent if post in group.posts]
        seats = sum(int(free[row]) for row in rows if not walks[row])
        return 0 if sum(bool(walks[row]) for row in rows) <= seats + waiting else None

    return rules.seats(problem, group, walks, free, waiting), judge


def _apart(draw: st.DrawFn, problem: Problem) -> tuple[Rule, Judge]:
    m = len(problem.posts)
    incident = draw(st.lists(st.integers(0, 1), min_size=m, max_size=m))
    people = draw(st.sets(st.integers(0, PEOPLE - 1), min_size=2, max_size=3))

    def judge(sent: Sent) -> int | None:
        where = [incident[post] for post, row in sent if row in people]
        return 0 if len(where) == len(set(where)) else None

    rows = np.array(sorted(people), np.intp)
    return rules.apart(problem, "a", rows, np.array(incident, np.intp)), judge


_DRAWN: dict[RuleName, Callable[[st.DrawFn, Problem], tuple[Rule, Judge]]] = {
    RuleName.LEADER: _leader,
    RuleName.NEWCOMERS: _newcomers,
    RuleName.SAFETY: _safety,
    RuleName.LANGUAGE: _language,
    RuleName.BUDDY: _buddy,
    RuleName.SQUAD: _squad,
    RuleName.SEATS: _seats,
    RuleName.APART: _apart,
}


def crowded(seed: int, dearest: int = 7_200) -> Crowded:
    """A bigger problem with every rule, and rules enough that the flow breaks some of each kind."""
    rng = np.random.default_rng(seed)
    problem = random_problem(seed, 12, 70, 0.5, heads=2, dearest=dearest)
    m, n = len(problem.posts), 70
    leads, new, watches, speaks, walks = (
        rng.random(n) < share for share in (0.1, 0.6, 0.1, 0.1, 0.4)
    )
    free = np.where(walks, 0, rng.integers(0, 2, n)).astype(np.int32)
    crews = [Group(f"i{k}", np.arange(k, m, 4)) for k in range(4)]
    policy = CrewPolicy(leader_per=4)
    near = np.argsort(problem.cost_s, kind="stable")
    close = list(dict.fromkeys(problem.row[near].tolist()))
    found = [
        *(
            rules.leader(problem, g, leads, policy, 900 if k % 2 else None)
            for k, g in enumerate(crews)
        ),
        *(rules.newcomers(problem, g, new & ~leads, policy) for g in crews),
        rules.safety(problem, crews[0], watches),
        rules.language(problem, crews[1], speaks),
        *(rules.buddy(problem, Group(f"n{j}", np.array([j])), 10_000) for j in range(3)),
        *(rules.squad(problem, f"s{k}", np.sort(close[3 * k : 3 * k + 3])) for k in range(3)),
        *(rules.seats(problem, Group(f"n{j}", np.array([j])), walks, free) for j in range(3, 7)),
        *(
            rules.apart(problem, f"a{k}", np.sort(close[9 + 2 * k : 11 + 2 * k]), np.arange(m) % 4)
            for k in range(4)
        ),
    ]
    return Crowded(problem, tuple(found))


@dataclass(frozen=True)
class Crowded:
    """A problem too large to try everything."""

    problem: Problem
    rules: tuple[Rule, ...]

    def by_milp(self) -> int:
        """Return the optimum by one integer program over all pairs, with a switch for each rule."""
        problem = self.problem
        m, p = len(problem.posts), len(problem.post)
        first_empty, first_switch = p, p + m * TIERS
        first_beyond = first_switch + len(self.rules)
        lines: list[tuple[dict[int, int], float, float]] = []
        for j in range(m):
            mine = {int(k): 1 for k in np.flatnonzero(problem.post == j)}
            empty = {first_empty + TIERS * j + t: 1 for t in range(TIERS)}
            heads = float(problem.posts.heads[j].sum())
            lines.append((mine | empty, heads, heads))
        for row in np.unique(problem.row).tolist():
            lines.append(({int(k): 1 for k in np.flatnonzero(problem.row == row)}, 0, 1))
        beyond: list[int] = []
        for s, rule in enumerate(self.rules):
            for r, price in enumerate(rule.price_s.tolist()):
                line = {
                    int(k): int(w)
                    for k, w, at in zip(rule.pair, rule.weight, rule.row, strict=True)
                    if at == r
                }
                line[first_switch + s] = int(rule.switch[r])
                if price != MUST:
                    line[first_beyond + len(beyond)] = -1
                    beyond.append(price)
                lines.append((line, -np.inf, float(rule.most[r])))
        costs = np.concatenate([problem.cost_s, problem.posts.unfilled_s.ravel(),
                                np.zeros(len(self.rules)), beyond]).astype(np.int64)  # fmt: skip
        upper = np.concatenate([np.ones(p), problem.posts.heads.ravel(), np.ones(len(self.rules)),
                                np.full(len(beyond), np.inf)])  # fmt: skip
        entries = [
            (np.array([k]), np.array([c]), w)
            for k, (line, _, _) in enumerate(lines)
            for c, w in line.items()
        ]
        found = minimum(costs, entries, np.array([low for _, low, _ in lines]),
                        np.array([high for _, _, high in lines]), upper)  # fmt: skip
        assert found is not None
        return found
