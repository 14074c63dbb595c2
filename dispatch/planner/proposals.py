"""From the people a match chose to the lines of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dispatch.geo.measure import coarsen
from dispatch.matching import Match
from dispatch.matching.cost import Seconds
from dispatch.matching.cover import evidence_among
from dispatch.matching.problem import PostKind, Problem
from dispatch.matching.skills import Rows
from dispatch.model import CoverEvidence, Need, NeedId, Proposal, Site, VolunteerId
from dispatch.planner.round import Round
from dispatch.roster import Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Chosen:
    """People and where each of them goes; all columns have one length."""

    needs: Sequence[Need]
    rows: Rows
    cost_s: Seconds
    accepts: Floats
    posts: Sequence[PostKind]


def proposals(round_: Round, problem: Problem, found: Match) -> tuple[Proposal, ...]:
    """Return the pinned people of each need, and whom the match chose; nobody who stays where they
    are. In the order of the needs."""
    lines: list[Proposal] = []
    for need_id in sorted(n for n, rows in round_.kept.items() if rows.size):
        lines += _proposed(round_, _pinned(round_, round_.needs[need_id]))
    lines += _proposed(round_, _matched(round_, problem, found))
    return tuple(sorted(lines, key=lambda line: line.need_id))


def _pinned(round_: Round, need: Need) -> _Chosen:
    pinned = round_.pinned_candidates(need)
    aside = Problem.build([replace(pinned, spare=1)], round_.people, round_.policy)
    assert pinned.accepts is not None
    return _Chosen(
        needs=[need] * len(aside.row),
        rows=aside.row,
        cost_s=aside.cost_s,
        accepts=pinned.accepts[np.searchsorted(pinned.rows, aside.row)],
        posts=[PostKind.ANY] * len(aside.row),
    )


def _matched(round_: Round, problem: Problem, found: Match) -> _Chosen:
    pool, pairs = round_.pool, found.solution.chosen
    pairs = pairs[~pool.trips.stays[round_.places[pairs]]]
    places = round_.places[pairs]
    return _Chosen(
        needs=[round_.need_of(place) for place in places.tolist()],
        rows=problem.row[pairs],
        cost_s=problem.cost_s[pairs],
        accepts=pool.trips.accepts[places],
        posts=[problem.posts.kinds[j] for j in problem.post[pairs].tolist()],
    )


def _proposed(round_: Round, chosen: _Chosen) -> Iterator[Proposal]:
    roster, rows = round_.roster, chosen.rows
    lon, lat = coarsen(round_.lon[rows], round_.lat[rows])
    covers, travels = roster.cover[rows], round_.travels(chosen.needs, rows)
    cover: dict[tuple[NeedId, bytes], CoverEvidence | None] = {}
    for k, (need, row) in enumerate(zip(chosen.needs, rows.tolist(), strict=True)):
        key = need.id, covers[k].tobytes()
        if key not in cover:
            words = covers[k] & round_.rules.answering(need)
            cover[key] = evidence_among(roster, words, need, round_.now)
        service = round_.service(need.id)
        yield Proposal(
            need_id=need.id,
            volunteer_id=VolunteerId(int(roster.ids[row])),
            travel=travels[k],
            origin=Site(lon=float(lon[k]), lat=float(lat[k])),
            cover=cover[key],
            skill=service.skill(int(service.rows.searchsorted(row))),
            cost_s=int(chosen.cost_s[k]),
            accepts=round(float(chosen.accepts[k]), 4),
            post=chosen.posts[k],
            replaces=round_.movable.get(row),
        )
