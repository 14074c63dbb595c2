"""Crew rules that cross: they count over several needs, or hang people together.

Each is a few rows "of these at most so many are sent". At least one leader among n heads reads "at
most n - 1 others", as in the posts of `crews`: where nobody can lead, a head stays empty, or
somebody stands in at a price, and the others still go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from dispatch.matching.cost import Seconds
from dispatch.matching.crews import Crew, missing
from dispatch.matching.policy import CrewPolicy
from dispatch.matching.problem import SPARE, Indices, PostKind, Problem
from dispatch.model import HazardClass
from dispatch.roster import Bools, Bytes, Ints

MUST: Final = -1
"""The price of a row that must hold."""

Terms = Sequence[tuple[Indices, int | Seconds]]
"""A row's pairs with their weight or weights."""


class RuleName(StrEnum):
    """What a crossing rule is about."""

    LEADER = "LEADER"
    NEWCOMERS = "NEWCOMERS"
    SAFETY = "SAFETY"
    LANGUAGE = "LANGUAGE"
    BUDDY = "BUDDY"
    SQUAD = "SQUAD"
    SEATS = "SEATS"
    APART = "APART"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """r rows over k entries: entry e gives the pair `pair[e]` the `weight[e]` in row `row[e]`, and
    in every row, for one value of the rule's own switch s, 0 or 1,

        sum of the weights of the chosen pairs + switch[row] s <= most[row]

    `price_s[row]` is what each unit beyond costs, MUST if there may be none; `about` is the
    incident, need or squad the rule speaks of.

    Raises:
        ValueError: the columns do not fit together, or a row that must hold is broken when nobody
            is sent.
    """

    name: RuleName
    about: str
    row: Indices
    pair: Indices
    weight: Seconds
    most: Seconds
    switch: Seconds
    price_s: Seconds

    def __post_init__(self) -> None:
        who = f"{self.name} of {self.about}"
        if len({len(c) for c in (self.row, self.pair, self.weight)}) != 1:
            raise ValueError(f"{who}: row, pair and weight differ in length")
        if len({len(c) for c in (self.most, self.switch, self.price_s)}) != 1:
            raise ValueError(f"{who}: most, switch and price_s differ in length")
        if self.row.max(initial=-1) >= len(self.most) or self.row.min(initial=0) < 0:
            raise ValueError(f"{who}: an entry names a row that does not exist")
        if ((self.price_s == MUST) & (self.most < 0)).any():
            raise ValueError(f"{who}: what must hold must hold when nobody is sent")
        if (self.price_s < MUST).any():
            raise ValueError(f"{who}: price_s cannot be negative")

    def beyond(self, chosen: Bools) -> Seconds:
        """Return by how many units the chosen pairs, shape (p,), exceed each row, shape (r,)."""
        there = chosen[self.pair]
        sent = np.bincount(self.row[there], self.weight[there], len(self.most)).astype(np.int64)
        off, on = (np.maximum(0, sent + s * self.switch - self.most) for s in (0, 1))
        least: Seconds = on if on.sum() < off.sum() else off
        return least


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """All posts of some needs, which a rule counts together, as those of one incident, and who is
    already there. `posts`, shape (k,), indexes the problem's."""

    about: str
    posts: Indices
    there: Crew = field(default_factory=Crew)


def leader(
    problem: Problem, group: Group, leads: Bools, policy: CrewPolicy, stand_in_s: int | None = None
) -> Rule:
    """One head for a leader for every so many of the group; `leads` has shape (n,). Each head
    somebody else takes costs `stand_in_s`; None keeps it empty."""
    wanted = _lacks(problem, group, policy, PostKind.LEADER)
    return _kept_for(RuleName.LEADER, problem, group, leads, wanted, stand_in_s)


def newcomers(
    problem: Problem, group: Group, new: Bools, policy: CrewPolicy, stand_in_s: int | None = None
) -> Rule:
    """Newcomers at most a share of the group; the rest of its heads for others, as in `leader`."""
    wanted = _lacks(problem, group, policy, PostKind.EXPERIENCED)
    return _kept_for(RuleName.NEWCOMERS, problem, group, ~new, wanted, stand_in_s)


def safety(problem: Problem, group: Group, watches: Bools, stand_in_s: int | None = None) -> Rule:
    """One head of the group, the dangerous needs, for a safety officer if none is there."""
    wanted = 1 - group.there.safety
    return _kept_for(RuleName.SAFETY, problem, group, watches, wanted, stand_in_s)


def language(problem: Problem, group: Group, speaks: Bools, stand_in_s: int | None = None) -> Rule:
    """One head of the group for somebody who speaks the language; for where nobody there does."""
    return _kept_for(RuleName.LANGUAGE, problem, group, speaks, 1, stand_in_s)


def buddy(problem: Problem, group: Group, price_s: int) -> Rule:
    """Nobody alone: who is there alone gets company, or `price_s` is paid. Where nobody is there
    and fewer than two heads are open, nobody goes."""
    here = _pairs_at(problem, group)
    if group.there.heads > 1:
        return _rule(RuleName.BUDDY, group.about, [])
    if group.there.heads == 1:
        return _rule(RuleName.BUDDY, group.about, [[(here, -1)]], most=[-1], price_s=[price_s])
    # The switch says that somebody goes: without it nobody may, with it two must.
    rows: list[Terms] = [[(here[k : k + 1], 1)] for k in range(len(here))]
    return _rule(RuleName.BUDDY, group.about, [*rows, [(here, -1)]], switch=[*[-1] * len(rows), 2])


def squad(problem: Problem, about: str, members: Indices) -> Rule:
    """These roster rows all to one need, or none of them anywhere."""
    its = np.flatnonzero(np.isin(problem.row, members))
    need = _need_of_post(problem)[problem.post[its]]
    rows: list[Terms] = []
    for k in np.unique(need).tolist():
        first, *others = (its[(need == k) & (problem.row[its] == row)] for row in members)
        for other in others:
            rows += [[(first, 1), (other, -1)], [(first, -1), (other, 1)]]
    return _rule(RuleName.SQUAD, about, rows)


def seats(
    problem: Problem, group: Group, walks: Bools, free: Ints | Bytes, waiting: int = 0
) -> Rule:
    """Who has no vehicle, `walks`, rides with somebody sent to the group who has `free` seats,
    shape (n,) both; `waiting` seats need nobody sent."""
    here = _pairs_at(problem, group)
    rows = problem.row[here]
    driven, drives = walks[rows], ~walks[rows] & (free[rows] > 0)
    brought = -free[rows[drives]].astype(np.int64)
    terms: Terms = [(here[driven], 1), (here[drives], brought)]
    return _rule(RuleName.SEATS, group.about, [terms], most=[waiting])


def apart(problem: Problem, about: str, people: Indices, incident: Indices) -> Rule:
    """Of these roster rows at most one to each incident; `incident`, shape (m,), is each post's."""
    its = np.flatnonzero(np.isin(problem.row, people))
    where = incident[problem.post[its]]
    rows: list[Terms] = [[(its[where == k], 1)] for k in np.unique(where).tolist()]
    return _rule(RuleName.APART, about, rows, most=[1] * len(rows))


RULES: Final[tuple[Callable[..., Rule], ...]] = (
    leader,
    newcomers,
    safety,
    language,
    buddy,
    squad,
    seats,
    apart,
)


def _kept_for(
    name: RuleName,
    problem: Problem,
    group: Group,
    holds: Bools,
    wanted: int,
    stand_in_s: int | None,
) -> Rule:
    """All but `wanted` of the group's heads may go to people who do not hold what is asked."""
    open_ = int(problem.posts.heads[group.posts].sum())
    wanted = min(wanted, open_)
    if wanted <= 0:
        return _rule(name, group.about, [])
    here = _pairs_at(problem, group)
    held = holds[problem.row[here]]
    others: Terms = [(here[~held], 1)]
    if stand_in_s is not None:
        return _rule(name, group.about, [others], most=[open_ - wanted], price_s=[stand_in_s])
    # At no price: says how many are lacking.
    holders: Terms = [(here[held], -1)]
    rows = [others, holders]
    return _rule(name, group.about, rows, most=[open_ - wanted, -wanted], price_s=[MUST, 0])


def _lacks(problem: Problem, group: Group, policy: CrewPolicy, kind: PostKind) -> int:
    open_ = int(problem.posts.heads[group.posts, :SPARE].sum())
    return missing(open_, group.there, HazardClass.H0, policy).get(kind, 0)


def _pairs_at(problem: Problem, group: Group) -> Indices:
    starts = problem.starts()
    parts = [np.arange(starts[j], starts[j + 1]) for j in np.sort(group.posts).tolist()]
    return np.concatenate([np.empty(0, np.intp), *parts])


def _need_of_post(problem: Problem) -> Indices:
    ids = problem.posts.need_ids
    return np.cumsum([j > 0 and ids[j] != ids[j - 1] for j in range(len(ids))])


def _rule(
    name: RuleName,
    about: str,
    rows: Sequence[Terms],
    *,
    most: Sequence[int] | None = None,
    switch: Sequence[int] | None = None,
    price_s: Sequence[int] | None = None,
) -> Rule:
    """A rule of these rows; by default at most 0 of them, without a switch, and they must hold."""
    terms = [(r, pairs, weight) for r, row in enumerate(rows) for pairs, weight in row]
    none = np.empty(0, np.int64)
    return Rule(
        name=name,
        about=about,
        row=np.repeat([r for r, _, _ in terms], [len(pairs) for _, pairs, _ in terms]).astype(
            np.intp
        ),
        pair=np.concatenate([none, *(pairs for _, pairs, _ in terms)]).astype(np.intp),
        weight=np.concatenate([none, *(np.broadcast_to(w, len(q)) for _, q, w in terms)]),
        most=np.array(most or [0] * len(rows), np.int64),
        switch=np.array(switch or [0] * len(rows), np.int64),
        price_s=np.array(price_s or [MUST] * len(rows), np.int64),
    )
