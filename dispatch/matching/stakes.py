"""What is at stake in a plan, and the part of it to solve again when a few people are added."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dispatch.matching import Match
from dispatch.matching.problem import SPARE, Indices, Posts, Problem, Reserve
from dispatch.matching.skills import Rows
from dispatch.model import NeedId
from dispatch.roster import Bools


class Stakes:
    """What is at stake in an optimum: what one more head of each need is worth, and who is needed
    where they are.

    Say a head is empty, and worth `least_s` or more, above what any spare is worth. Whoever is
    idle, a spare, or at a need whose heads are worth less has no pair at a need worth that much,
    or they would fill a head there. So when people are added, such a head is filled by somebody
    new or by a chain of people who step from one head worth as much to the next. In terms of the
    flow: a path that takes one more person in passes nobody idle, who is reached from the source
    alone, unless their reserve group frees a place (successive shortest paths; Ahuja, Magnanti,
    Orlin 1993, ch. 9).
    """

    def __init__(self, problem: Problem, found: Match) -> None:
        self._problem = problem
        posts, solution = problem.posts, found.solution
        names, self._need = np.unique(posts.need_ids, return_inverse=True)
        count = len(names)
        self._names = [NeedId(str(name)) for name in names]
        self._worth_s = np.zeros(count, np.int64)
        np.maximum.at(self._worth_s, self._need, posts.widest(found.prices.post_s))
        self._parts: dict[bytes, Problem] = {}
        asked = posts.heads[:, SPARE] - solution.unfilled[:, SPARE]
        self._spares = np.bincount(self._need, asked, minlength=count).astype(np.int64)
        self._at = np.full(int(problem.row.max(initial=-1)) + 1, -1)
        self._at[problem.row[solution.chosen]] = problem.post[solution.chosen]
        quota = np.empty(0, np.int64) if problem.reserve is None else problem.reserve.quota
        self._slack = quota - self._used_of(problem.row[solution.chosen])

    def used(self, rows: Rows) -> Bools:
        """Return who of these people is in use, shape (k,)."""
        used: Bools = self._post_of(rows) >= 0
        return used

    def worth(self, least_s: int) -> list[NeedId]:
        """Return the needs where one more head is worth `least_s` or more, in id order."""
        return [self._names[k] for k in np.flatnonzero(self._worth_s >= least_s)]

    def part(self, rows: Rows, least_s: int) -> Problem:
        """Return the part of the problem that decides which heads worth `least_s` or more stay
        empty when `rows` get new pairs: the needs with such heads, and those which lose one when
        these people leave; with everybody but who is needed at another.
        """
        kept = (self._worth_s >= least_s) | self._losing(rows)
        scarce = self._slack < len(rows)
        key = kept.tobytes() + scarce.tobytes()
        if key not in self._parts:
            self._parts[key] = self._part(kept, scarce)
        return self._parts[key]

    def _part(self, kept: Bools, scarce: Bools) -> Problem:
        problem, needed = self._problem, self._needed_outside(kept)
        mine = kept[self._need]
        pairs = np.flatnonzero(mine[problem.post] & ~needed[problem.row])
        return _only_needs(problem, mine, pairs, self._reserve_of(scarce, needed))

    def _post_of(self, rows: Rows) -> Indices:
        """The post where each is used, -1 for none; who has no pair at all is used nowhere."""
        at = np.append(self._at, -1)
        post: Indices = at[np.minimum(rows, len(self._at))]
        return post

    def _losing(self, rows: Rows) -> Bools:
        """The needs without as many spares as they would lose; a special post has none."""
        post = self._post_of(rows)
        post = post[post >= 0]
        leave = np.bincount(self._need[post], minlength=len(self._spares))
        special = self._problem.posts.falls_to[post] >= 0
        losing: Bools = leave > self._spares
        losing[self._need[post[special]]] = True
        return losing

    def _needed_outside(self, kept: Bools) -> Bools:
        """Who holds a head of a need that is not kept and has no spare, by row."""
        used = self._at >= 0
        need = self._need[self._at]
        special = self._problem.posts.falls_to[self._at] >= 0
        needed: Bools = used & ~kept[need] & (special | (self._spares[need] == 0))
        return needed

    def _reserve_of(self, scarce: Bools, needed: Bools) -> Reserve | None:
        """The reserve of those groups whose quota may run out, less who is needed elsewhere."""
        reserve = self._problem.reserve
        if reserve is None or not scarce.any():
            return None
        quota = reserve.quota - self._used_of(np.flatnonzero(needed))
        group = np.where(np.append(scarce, False)[reserve.group], reserve.group, np.int8(-1))
        return replace(reserve, group=group, quota=np.maximum(0, quota))

    def _used_of(self, rows: Rows) -> Indices:
        """How many of these people are in each reserve group."""
        reserve = self._problem.reserve
        if reserve is None:
            return np.empty(0, np.intp)
        group = reserve.group[rows]
        return np.bincount(group[group >= 0], minlength=len(reserve.quota))


def around(problem: Problem, need_id: NeedId) -> Problem:
    """Return the part of the problem that hangs together with a need through people and their
    reserve groups: what happens elsewhere does not matter to it."""
    posts, reserve = problem.posts, problem.reserve
    names, need = np.unique(posts.need_ids, return_inverse=True)
    people, person = np.unique(problem.row, return_inverse=True)
    ends = [(need[problem.post], len(names) + person)]
    if reserve is not None:
        grouped = np.flatnonzero(reserve.group[people] >= 0)
        group = len(names) + len(people) + reserve.group[people[grouped]].astype(np.intp)
        ends.append((len(names) + grouped, group))
    tails, heads = (np.concatenate(side) for side in zip(*ends, strict=True))
    size = len(names) + len(people) + (0 if reserve is None else len(reserve.quota))
    graph = coo_array((np.ones(len(tails), np.int8), (tails, heads)), (size, size))
    _, label = connected_components(graph, directed=False)
    here = label[: len(names)] == label[np.searchsorted(names, need_id)]
    return _only_needs(problem, here[need], np.flatnonzero(here[need][problem.post]), reserve)


def _only_needs(problem: Problem, posts: Bools, pairs: Indices, reserve: Reserve | None) -> Problem:
    """The problem of these posts, whole needs, and these of their pairs."""
    return Problem(
        _posts_of(problem.posts, posts),
        (np.cumsum(posts) - 1)[problem.post[pairs]],
        problem.row[pairs],
        problem.cost_s[pairs],
        problem.eta_s[pairs],
        reserve,
    )


def _posts_of(posts: Posts, needs: Bools) -> Posts:
    """The posts of whole needs, shape (m,)."""
    at = np.flatnonzero(needs)
    falls_to = posts.falls_to[at]
    return Posts(
        need_ids=tuple(posts.need_ids[j] for j in at),
        kinds=tuple(posts.kinds[j] for j in at),
        heads=posts.heads[at],
        unfilled_s=posts.unfilled_s[at],
        falls_to=np.where(falls_to < 0, -1, np.searchsorted(at, falls_to)),
        stand_in_s=None if posts.stand_in_s is None else posts.stand_in_s[at],
    )


def with_pairs(problem: Problem, more: Problem) -> Problem:
    """Return the problem with the pairs of `more` too; a pair that is in both counts as in `more`.

    Raises:
        ValueError: a pair is of a post that the problem does not have.
    """
    names = zip(problem.posts.need_ids, problem.posts.kinds, strict=True)
    place = {name: j for j, name in enumerate(names)}
    others = zip(more.posts.need_ids, more.posts.kinds, strict=True)
    post = np.array([place.get(name, -1) for name in others], np.intp)[more.post]
    if (post < 0).any():
        raise ValueError("the pairs added are of other posts")
    posts = np.concatenate([post, problem.post])
    rows = np.concatenate([more.row, problem.row])
    order = np.lexsort((np.arange(len(posts)), rows, posts))
    fresh = (np.diff(posts[order], prepend=-1) != 0) | (np.diff(rows[order], prepend=-1) != 0)
    at = order[fresh]
    return Problem(
        problem.posts,
        posts[at],
        rows[at],
        np.concatenate([more.cost_s, problem.cost_s])[at],
        np.concatenate([more.eta_s, problem.eta_s])[at],
        problem.reserve,
    )
