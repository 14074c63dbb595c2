"""The matching problem and its answer: immutable, validated, by index, in canonical order.

Minimise the cost of the chosen pairs plus the price of the heads left empty, each person used at
most once and each open head filled at most once. A need is one post, or several when its crew has
rules: a leader's post, posts for experienced people, posts for anyone (`crews`). Who may fill a
special post may also fill the post it falls to, so a person enters the problem at the most special
post that admits them. Needs are in id order and pairs in (post, row) order, so the same situation
gives the same arrays however it was gathered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from dispatch.matching.cost import People, Seconds, Trips, equivalent_s
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.skills import Rows
from dispatch.model import Heads, Need, NeedId, Severity
from dispatch.roster import Bools, Floats, Ints

T = TypeVar("T", bound=np.generic)

Indices = NDArray[np.intp]

MINIMUM: Final = 0
DESIRED: Final = 1
SPARE: Final = 2
"""Columns of the arrays by tier: heads up to the minimum, from there to the desired, and people
asked beyond that because not everybody says yes."""
TIERS: Final = 3

_FAR: Final = 2**40
"""Seconds to a deadline that nobody misses."""

TOTAL_MAX: Final = 2**62
"""No objective may reach this, so that sums of costs stay exact in int64."""


class PostKind(StrEnum):
    """Whom a post is for."""

    ANY = "ANY"
    EXPERIENCED = "EXPERIENCED"
    LEADER = "LEADER"
    SAFETY = "SAFETY"


@dataclass(frozen=True, slots=True, eq=False)
class Post:
    """A part of a need's crew: its open heads by tier, shape (3,), and which candidates enter
    here, shape (k,). `falls_to` is the place in the need's posts of the wider post its people may
    fill too, -1 for none."""

    kind: PostKind
    heads: Seconds
    enters: Bools
    falls_to: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """One need and its eligible people with their travel; the columns have one length k.

    `taken` heads are already filled or promised; `spare` people more are to be asked than heads
    are open. `rows` ascend and are unique; `eta_s` is travel without turnout, UNREACHABLE where
    there is no way; `steps` are those of `Service`; `accepts` is the probability of a yes;
    `surplus` the rarity steps a person's best skill lies above the one asked for; `moved` says
    who would leave an assignment they accepted, `stays` who accepted this need, who costs nothing
    and is never too far. `late_after_s` is the time to the deadline; one in the past counts as now.
    Without `posts` everybody fills the same post.

    Raises:
        ValueError: the columns differ in length, rows do not ascend, or a figure is out of range.
    """

    need: Need
    severity: Severity
    taken: int
    rows: Rows
    eta_s: Ints
    steps: NDArray[np.uint8]
    accepts: Floats | None = None
    surplus: NDArray[np.uint8] | None = None
    moved: Bools | None = None
    stays: Bools | None = None
    late_after_s: int | None = None
    spare: int = 0
    posts: tuple[Post, ...] = ()

    def __post_init__(self) -> None:
        entering = (post.enters for post in self.posts)
        columns = (self.eta_s, self.steps, self.accepts, self.surplus, self.moved, self.stays)
        if any(c is not None and len(c) != len(self.rows) for c in (*columns, *entering)):
            raise ValueError(f"{self.need.id}: candidate columns differ in length")
        if (self.rows[:1] < 0).any() or (self.rows[1:] <= self.rows[:-1]).any():
            raise ValueError(f"{self.need.id}: candidate rows must ascend from 0")
        if (self.eta_s < 0).any() or self.taken < 0 or self.spare < 0:
            raise ValueError(f"{self.need.id}: travel and heads cannot be negative")
        if self.accepts is not None and not ((self.accepts >= 0) & (self.accepts <= 1)).all():
            raise ValueError(f"{self.need.id}: the probability of a yes must be in 0..1")

    def crew(self) -> tuple[Post, ...]:
        """Return the posts, or the one for anyone."""
        everybody = np.ones(len(self.rows), np.bool_)
        heads = np.array([*open_heads(self.need.heads, self.taken), self.spare], np.int64)
        return self.posts or (Post(PostKind.ANY, heads, everybody),)


def open_heads(heads: Heads, taken: int) -> tuple[int, int]:
    """Return how many heads are open up to the minimum, and from there to the desired."""
    below = max(0, heads.minimum - taken)
    return below, max(0, heads.desired - taken) - below


@dataclass(frozen=True, slots=True, eq=False)
class Posts:
    """`m` posts in the order of their needs' ids.

    `heads` and `unfilled_s`, shape (m, 3), are the open heads per tier and the price of each left
    empty; `falls_to`, shape (m,), indexes the wider post of the same need, -1 for none.

    Raises:
        ValueError: an array has the wrong shape, order or range.
    """

    need_ids: tuple[NeedId, ...]
    kinds: tuple[PostKind, ...]
    heads: Seconds
    unfilled_s: Seconds
    falls_to: Indices
    stand_in_s: Seconds | None = None

    def __post_init__(self) -> None:
        m = len(self.need_ids)
        if list(self.need_ids) != sorted(self.need_ids) or len(self.kinds) != m:
            raise ValueError("posts must be in the order of their needs' ids, one kind each")
        if self.heads.shape != (m, TIERS) or self.unfilled_s.shape != (m, TIERS):
            raise ValueError(f"heads and unfilled_s must have shape ({m}, {TIERS})")
        if (self.heads < 0).any() or (self.unfilled_s < 0).any():
            raise ValueError("heads and unfilled_s cannot be negative")
        if (np.diff(self.unfilled_s, axis=1) > 0).any():
            raise ValueError("a head of a lower tier cannot be cheaper than one above it")
        self._check_falls(m)
        if self.stand_in_s is not None and (
            self.stand_in_s.shape != (m,) or (self.stand_in_s < 0).any()
        ):
            raise ValueError(f"stand_in_s must have shape ({m},) and cannot be negative")
        for column in (self.heads, self.unfilled_s, self.falls_to):
            column.setflags(write=False)

    @classmethod
    def plain(cls, need_ids: Sequence[NeedId], heads: Seconds, unfilled_s: Seconds) -> Posts:
        """Return one post for anyone per need; the arrays may have fewer tiers than three.

        Raises:
            ValueError: a need comes twice, or as the class.
        """
        if len(set(need_ids)) != len(need_ids):
            raise ValueError("needs must be unique and in id order")
        return cls(
            need_ids=tuple(need_ids),
            kinds=(PostKind.ANY,) * len(need_ids),
            heads=_in_all_tiers(heads),
            unfilled_s=_in_all_tiers(unfilled_s),
            falls_to=np.full(len(need_ids), -1),
        )

    @classmethod
    def of(
        cls, crews: Sequence[tuple[NeedId, Severity, Sequence[Post]]], policy: MatchPolicy
    ) -> Posts:
        """Return the posts of these needs, in id order, at the policy's prices."""
        flat = [(need_id, severity, post) for need_id, severity, crew in crews for post in crew]
        first = np.cumsum([0, *(len(crew) for _, _, crew in crews)])
        falls = [
            first[k] + post.falls_to if post.falls_to >= 0 else -1
            for k, (_, _, crew) in enumerate(crews)
            for post in crew
        ]
        unfilled_s = [policy.unfilled_s(severity) for _, severity, _ in flat]
        return cls(
            need_ids=tuple(need_id for need_id, _, _ in flat),
            kinds=tuple(post.kind for _, _, post in flat),
            heads=np.array([post.heads for _, _, post in flat], np.int64).reshape(-1, TIERS),
            unfilled_s=np.array(unfilled_s, np.int64).reshape(-1, TIERS),
            falls_to=np.array(falls, np.intp),
            stand_in_s=np.array([policy.stand_in_s(s) for _, s, _ in flat], np.int64),
        )

    def __len__(self) -> int:
        return len(self.need_ids)

    def widest(self, prices: Seconds) -> Seconds:
        """Return the best price among a post and those its people may fill too, shape (m,), less
        what standing in costs."""
        best = prices.copy()
        special = np.flatnonzero(self.falls_to >= 0)
        wider = self.falls_to[special]
        while True:
            before = best.copy()
            best[special] = np.maximum(best[special], best[wider])
            if self.stand_in_s is not None:
                np.maximum.at(best, wider, best[special] - self.stand_in_s[special])
            if (best == before).all():
                return best

    def _check_falls(self, m: int) -> None:
        if (
            self.falls_to.shape != (m,)
            or not ((self.falls_to == -1) | (self.falls_to > np.arange(m))).all()
        ):
            raise ValueError("a post falls to a later post of its need, or to none (-1)")
        for j in np.flatnonzero(self.falls_to >= 0).tolist():
            if self.falls_to[j] >= m or self.need_ids[j] != self.need_ids[self.falls_to[j]]:
                raise ValueError(f"{self.need_ids[j]}: a post falls to another need's post")


@dataclass(frozen=True, slots=True, eq=False)
class Reserve:
    """Scarce people kept for the next incident: of group g, `quota[g]` may be used at no price and
    each one more costs `price_s`. `group` gives every roster row's group, -1 for none."""

    group: NDArray[np.int8]
    quota: Seconds
    price_s: int

    def __post_init__(self) -> None:
        if (self.quota < 0).any() or self.price_s < 0:
            raise ValueError("a reserve's quota and price cannot be negative")
        if self.group.max(initial=-1) >= len(self.quota) or self.group.min(initial=-1) < -1:
            raise ValueError("a reserve group has no quota")


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """`m` posts and `p` candidate pairs by (post, row); takes ownership of its arrays.

    `post` indexes `posts`, `row` the roster; `cost_s` is in equivalent seconds and `eta_s` the
    travel in it; shape (p,) all four. Every pair is eligible and in reach.

    Raises:
        ValueError: an array has the wrong shape, order or range.
    """

    posts: Posts
    post: Indices
    row: Rows
    cost_s: Seconds
    eta_s: Ints
    reserve: Reserve | None = None

    def __post_init__(self) -> None:
        self._check_pairs()
        for column in (self.post, self.row, self.cost_s, self.eta_s):
            column.setflags(write=False)

    @classmethod
    def build(
        cls,
        candidates: Iterable[Candidates],
        people: People,
        policy: MatchPolicy,
        reserve: Reserve | None = None,
    ) -> Problem:
        """Return the problem of these needs; `people` are the roster's columns, shape (n,).

        People whose response, turnout plus travel, exceeds the need's reach or the policy's are
        left out, and so is everyone for a need without open heads.

        Raises:
            ValueError: a need comes twice, or a column is out of range.
        """
        ordered = sorted(candidates, key=lambda c: c.need.id)
        if len({c.need.id for c in ordered}) != len(ordered):
            raise ValueError("needs must be unique")
        crews = [c.crew() for c in ordered]
        kept = [_kept(c, p, people, policy) for c, p in zip(ordered, crews, strict=True)]
        sizes = [len(k) for each in kept for k in each]
        chosen = [np.concatenate(each) for each in kept]
        trips = trips_of(ordered, chosen, people)
        return cls(
            posts=Posts.of(
                [(c.need.id, c.severity, crew) for c, crew in zip(ordered, crews, strict=True)],
                policy,
            ),
            post=np.repeat(np.arange(len(sizes)), sizes),
            row=trips.row,
            cost_s=equivalent_s(trips, people, policy),
            eta_s=trips.eta_s,
            reserve=reserve,
        )

    def only(self, pairs: Indices) -> Problem:
        """Return the same posts with these pairs only; `pairs` ascends."""
        return Problem(
            self.posts,
            self.post[pairs],
            self.row[pairs],
            self.cost_s[pairs],
            self.eta_s[pairs],
            self.reserve,
        )

    def starts(self) -> Indices:
        """Return where each post's pairs start and, last, their number; shape (m + 1,)."""
        return np.searchsorted(self.post, np.arange(len(self.posts) + 1))

    def _check_pairs(self) -> None:
        p = len(self.post)
        if {c.shape for c in (self.post, self.row, self.cost_s, self.eta_s)} != {(p,)}:
            raise ValueError("pair columns differ in length")
        if self.cost_s.min(initial=0) < 0 or self._dearest() >= TOTAL_MAX:
            raise ValueError("costs are negative, or too large to add up exactly")
        if not p:
            return
        if self.post[0] < 0 or self.post[-1] >= len(self.posts) or self.row.min() < 0:
            raise ValueError("a pair names a post or a row that does not exist")
        later = (np.diff(self.post) > 0) | ((np.diff(self.post) == 0) & (np.diff(self.row) > 0))
        if not later.all():
            raise ValueError("pairs must be unique and in (post, row) order")
        if self.reserve is not None and self.row.max() >= len(self.reserve.group):
            raise ValueError("a pair names a row that the reserve does not know")

    def _dearest(self) -> int:
        prices = max(int(self.cost_s.max(initial=0)), int(self.posts.unfilled_s.max(initial=0)))
        held = self.reserve.price_s if self.reserve else 0
        if self.posts.stand_in_s is not None:
            held += int(self.posts.stand_in_s.max(initial=0))
        return (int(self.posts.heads.sum()) + len(self.post)) * (prices + held)


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """An answer to a problem: the chosen pairs' indices, ascending, and the empty heads (m, 3).

    `objective_s` is what the solver says it costs; `verify` counts it again.
    """

    chosen: Indices
    unfilled: Seconds
    objective_s: int


def _kept(
    candidates: Candidates, crew: Sequence[Post], people: People, policy: MatchPolicy
) -> list[Indices]:
    """Per post the places of the candidates who enter there in time; nobody where none is open."""
    response_s = candidates.eta_s.astype(np.int64) + people.turnout_s[candidates.rows]
    near = response_s <= min(candidates.need.reach_s, policy.reach_max_s)
    wanted = sum(int(post.heads.sum()) for post in crew) > 0
    near |= False if candidates.stays is None else candidates.stays
    return [np.flatnonzero(near & post.enters & wanted) for post in crew]


def trips_of(candidates: Sequence[Candidates], chosen: Sequence[Indices], people: People) -> Trips:
    """Return the trips of the `chosen` places of each need's candidates, in that order."""
    parts = list(zip(candidates, chosen, strict=True))
    row = _joined([c.rows[k] for c, k in parts], np.intp)
    eta_s = _joined([c.eta_s[k] for c, k in parts], np.int32)
    limit_s = np.repeat(
        [_FAR if c.late_after_s is None else max(0, c.late_after_s) for c in candidates],
        [len(k) for k in chosen],
    )
    return Trips(
        row=row,
        eta_s=eta_s,
        late_s=np.maximum(0, eta_s.astype(np.int64) + people.turnout_s[row] - limit_s),
        steps=_joined([c.steps[k] for c, k in parts], np.uint8),
        surplus=_joined([_or(c.surplus, k, 0, np.uint8) for c, k in parts], np.uint8),
        moved=_joined([_or(c.moved, k, False, np.bool_) for c, k in parts], np.bool_),
        stays=_joined([_or(c.stays, k, False, np.bool_) for c, k in parts], np.bool_),
        accepts=_joined([_or(c.accepts, k, 1.0, np.float64) for c, k in parts], np.float64),
    )


def _in_all_tiers(figures: Seconds) -> Seconds:
    return np.pad(figures, ((0, 0), (0, max(0, TIERS - figures.shape[1]))))


def _joined(parts: list[NDArray[T]], kind: type[T]) -> NDArray[T]:
    return np.concatenate([np.empty(0, kind), *parts])


def _or(column: NDArray[T] | None, places: Indices, otherwise: object, kind: type[T]) -> NDArray[T]:
    return np.full(len(places), otherwise, kind) if column is None else column[places]
