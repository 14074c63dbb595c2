"""Crew rules that nest, as posts: a leader for every so many heads, newcomers at most a share, a
safety officer at dangerous work.

    SAFETY --\\
              >-- EXPERIENCED --> ANY
    LEADER --/

"At least one leader among n" is "at most n - 1 who are not", and newcomers, all but officers and
all are a chain of classes, each with its capacity, so the rules stay inside the flow. Rules that
count over several needs or hang people together cross, and are `crossing`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import ceil, floor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.matching.cost import Seconds
from dispatch.matching.gates import EPOCH
from dispatch.matching.policy import CrewPolicy
from dispatch.matching.problem import SPARE, Post, PostKind
from dispatch.model import HazardClass, Skill
from dispatch.roster import Bools, Roster

LEADER: Final = Skill("CMD")
OFFICER: Final = Skill("SAFE")

_ROUNDING: Final = 1e-9
"""A share times a crew that is a whole number but for float rounding counts as it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """How many people a need already has, and how many of them lead, watch over safety or are
    newcomers. A leader or safety officer holds the credential in date and is no newcomer.

    Raises:
        ValueError: more leaders, officers or newcomers than people, or fewer than none.
    """

    heads: int = 0
    leaders: int = 0
    safety: int = 0
    newcomers: int = 0

    def __post_init__(self) -> None:
        parts = (self.leaders, self.safety, self.newcomers)
        if min(parts) < 0 or max(parts) > self.heads:
            raise ValueError(f"each class of a crew is between 0 and its heads: {self}")


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Who of a need's k candidates leads, watches over safety, is a newcomer; shape (k,) each."""

    leader: Bools
    safety: Bools
    newcomer: Bools

    @property
    def experienced(self) -> Bools:
        """Everybody but newcomers; who holds a leader's or safety credential is none."""
        experienced: Bools = ~self.newcomer | self.leader | self.safety
        return experienced

    def only(self, rows: NDArray[np.intp]) -> Classes:
        """Return the classes of the people in these rows."""
        return Classes(self.leader[rows], self.safety[rows], self.newcomer[rows])


def classes_of(roster: Roster, today: date, policy: CrewPolicy) -> Classes:
    """Return who on the whole roster holds LEADER or OFFICER proven and in date, and who has served
    fewer than the policy's hours; shape (n,) each. On a roster that keeps no hours nobody is a
    newcomer."""

    def holders(skill: Skill) -> Bools:
        there = np.zeros(len(roster), np.bool_)
        held = roster.credentials.get(skill)
        if held is not None:
            there[held.rows[held.verified & (held.until >= (today - EPOCH).days)]] = True
        return there

    return Classes(
        holders(LEADER),
        holders(OFFICER),
        (roster.served_h < policy.newcomer_h) & roster.served_h.any(),
    )


def crew_posts(
    heads: Seconds, there: Crew, classes: Classes, hazard: HazardClass, policy: CrewPolicy
) -> tuple[Post, ...]:
    """Return the posts of a need with `heads` open per tier, shape (3,), as `Candidates` takes
    them.

    With n the full crew (those there and the heads open up to desired), it asks for
    L = ceil(n / leader_per) leaders, one safety officer from the policy's hazard class on, and
    n - floor(newcomer_share n) who are no newcomers; less those there, and no more than are open.

    With l, s, e and a heads of these posts, people can fill them exactly if at most n - l of them
    are no leaders, n - s no officers, e + a neither, and a newcomers: these are the sets of classes
    whose posts do not take everybody (Hall's condition). With all heads filled that is the rules.
    A special head that none of its class fills is stood in for or stays empty; the others still go.

    Special posts take the lowest tiers, since a crew cannot work without its leader; spares are
    for anyone. Posts without heads are left out.
    """
    wanted = _wanted(heads, there, hazard, policy)
    enters = {
        PostKind.SAFETY: classes.safety,
        PostKind.LEADER: classes.leader,
        PostKind.EXPERIENCED: classes.experienced,
        PostKind.ANY: np.ones(len(classes.newcomer), np.bool_),
    }
    dealt = _dealt(heads, wanted)
    kinds = [k for k in enters if dealt[k].any()] or [PostKind.ANY]
    posts: list[Post] = []
    for place, kind in enumerate(kinds):
        wider = [k for k in kinds[place + 1 :] if _falls(kind, k)]
        inside = np.logical_or.reduce([enters[k] for k in kinds[:place] if _falls(k, kind)])
        falls_to = kinds.index(wider[0]) if wider else -1
        posts.append(Post(kind, dealt[kind], enters[kind] & ~inside, falls_to))
    return tuple(posts)


def has_special(heads: Seconds, there: Crew, hazard: HazardClass, policy: CrewPolicy) -> bool:
    """Return whether `crew_posts` would make any other post than the one for anyone."""
    return any(_wanted(heads, there, hazard, policy).values())


def missing(
    open_heads: int, there: Crew, hazard: HazardClass, policy: CrewPolicy
) -> dict[PostKind, int]:
    """Return how many leaders, officers and people who are no newcomers the full crew still
    lacks, with `open_heads` to be filled; zero or less if it has enough."""
    crew = there.heads + open_heads
    if crew < policy.from_heads:
        return {}
    newcomers = floor(policy.newcomer_share * crew + _ROUNDING)
    return {
        PostKind.LEADER: ceil(crew / policy.leader_per) - there.leaders,
        PostKind.SAFETY: int(policy.needs_officer(hazard)) - there.safety,
        PostKind.EXPERIENCED: crew - newcomers - (there.heads - there.newcomers),
    }


def _wanted(
    heads: Seconds, there: Crew, hazard: HazardClass, policy: CrewPolicy
) -> dict[PostKind, int]:
    """How many heads of each special kind, leaders before officers before experience."""
    open_ = int(heads[:SPARE].sum())
    wanted: dict[PostKind, int] = {}
    for kind, number in missing(open_, there, hazard, policy).items():
        special = sum(wanted.values())
        # Leaders and officers are experienced too: they count towards the heads kept for those.
        more = number - special if kind is PostKind.EXPERIENCED else number
        wanted[kind] = min(max(0, more), open_ - special)
    return wanted


def _dealt(heads: Seconds, wanted: dict[PostKind, int]) -> dict[PostKind, Seconds]:
    """Each kind's heads per tier: the special ones from the lowest tier up, the rest for anyone."""
    left = heads.astype(np.int64)
    dealt = {kind: np.zeros_like(left) for kind in PostKind}
    for kind, number in wanted.items():
        before = np.cumsum(left) - left
        dealt[kind] = np.clip(number - before, 0, left)
        left = left - dealt[kind]
    dealt[PostKind.ANY] = left
    return dealt


def _falls(kind: PostKind, wider: PostKind) -> bool:
    """Leaders and safety officers may fill any post but each other's."""
    return wider is PostKind.ANY or wider is PostKind.EXPERIENCED is not kind
