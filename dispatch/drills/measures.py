"""What came of a drill, in figures (science D5). Pure: a log and a roster in, figures out.

Everything is counted from the log, so a real operation can be measured in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf, nan
from typing import Any, Final

import msgspec
import numpy as np

from dispatch import events as ev
from dispatch.board import Board
from dispatch.events import Stored
from dispatch.model import (
    Assignment,
    AssignmentId,
    AssignmentStatus,
    Need,
    NeedId,
    OfferStatus,
    RegionCode,
    Role,
    Severity,
    Skill,
    VolunteerId,
)

HOPELESS_P: Final = 0.05
"""An alert to somebody less likely than this to accept is wasted."""
_TOP: Final = 0.05
_NOT_WANTED: Final = ("FILLED", "RECALLED", "OVER", "DUPLICATE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How long something took in seconds; not `ended` means it had not happened by then."""

    s: float
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """A Kaplan-Meier estimate: from each of `at_s` on, the share `open` has not ended yet."""

    at_s: tuple[float, ...]
    open: tuple[float, ...]
    n: int
    ended: int

    def quantile(self, share: float) -> float | None:
        """Return by when this share has ended, None where the estimate does not get so far."""
        found = (at for at, left in zip(self.at_s, self.open, strict=True) if left <= 1 - share)
        return next(found, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRecord:
    """What became of one published need: instants in seconds from its publication, in order."""

    need_id: NeedId
    skill: Skill
    severity: Severity
    region: RegionCode
    heads: int
    deadline_s: float
    until_s: float
    asked: int
    accepted_s: tuple[float, ...]
    arrived_s: tuple[float, ...]

    def filled(self, instants: Sequence[float]) -> Span:
        """Return when the last head wanted was there, by these instants."""
        there = len(instants) >= self.heads
        return Span(s=instants[self.heads - 1] if there else self.until_s, ended=there)

    def in_time(self, grace_s: float = 0.0) -> int:
        """Return how many of the heads wanted had arrived by the deadline."""
        return min(self.heads, sum(s <= self.deadline_s + grace_s for s in self.arrived_s))

    def open_minutes(self) -> float:
        """Return the head-minutes during which heads had not arrived."""
        waits = [min(s, self.until_s) for s in self.arrived_s[: self.heads]]
        waits += [self.until_s] * (self.heads - len(waits))
        return sum(waits) / 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The figures of one drill. Shares are nan, and times None, where there is nothing to count.

    to_fill_accepted_s, to_fill_arrived_s  median and p90 by Kaplan-Meier: not filled is censored
    unfilled_weighted_min   head-minutes without an arrived head, by the weight of their severity
    alerts_per_filled_head  alerts over heads that arrived, at most the heads wanted
    redundant_share         of those who accepted: came beyond the heads wanted, or stood down
                            although they were coming
    eta_error_s             real less predicted response of those who arrived: mean, mean of the
                            absolute, p90 of the absolute
    gini_alerts, gini_task  over everybody eligible for one of the needs; `top_share` is the share
                            of the alerts that the most alerted 5 % of them got
    fill_by_region          heads arrived in time per head wanted; `region_ratio` is the largest
                            over the smallest, `gini_regions` the Gini of the time to fill
    churn                   people moved to another need, per plan and active assignment
    brier, base_brier       of the chance of a yes at the offer, and of the constant base rate
    """

    needs: int
    heads: int
    alerts: int
    accepted: int
    arrived: int
    filled_heads: int
    in_time_heads: int
    to_fill_accepted_s: Mapping[str, float | None]
    to_fill_arrived_s: Mapping[str, float | None]
    unfilled_weighted_min: float
    alerts_per_filled_head: float
    redundant_share: float
    response_s: Mapping[str, float | None]
    eta_error_s: Mapping[str, float | None]
    wasted_alerts: int
    gini_alerts: float
    gini_task: float
    top_share: float
    fill_by_region: Mapping[RegionCode, float]
    fill_by_severity: Mapping[Severity, float]
    fill_by_skill: Mapping[Skill, float]
    region_ratio: float
    gini_regions: float
    churn: float
    skill_fit: float
    brier: float
    base_brier: float
    declined: Mapping[str, int]
    stood_down: Mapping[str, int]

    def plain(self) -> dict[str, Any]:
        """Return the figures as values that JSON can hold; null where there is none."""
        return {k: _finite(v) for k, v in msgspec.to_builtins(self).items()}


@dataclass(slots=True)
class Tale:
    """A log folded, with what the board does not keep: who arrived, and who was asked how often."""

    board: Board
    moved: int = 0
    plans: int = 0
    surplus: int = 0
    alerts: Counter[VolunteerId] = field(default_factory=Counter)
    by_volunteer: set[AssignmentId] = field(default_factory=set)
    closed_at: dict[NeedId, datetime] = field(default_factory=dict)
    duplicates: set[NeedId] = field(default_factory=set)


def measure(
    board: Board,
    log: Sequence[Stored],
    *,
    ends_at: datetime,
    weights: Mapping[Severity, float],
    eligible: Collection[VolunteerId],
    grace_s: float = 0.0,
) -> Measures:
    """Return the figures of a log; `board` is the log folded to its end.

    `eligible` are the people over whom load is compared; `weights` those of severities.
    """
    tale = _told(board, log)
    records = need_records(tale, ends_at)
    held = list(board.assignments.values())
    arrived = [a for a in held if a.on_scene_at is not None]
    filled = sum(min(r.heads, len(r.arrived_s)) for r in records)
    load = [tale.alerts[v] for v in sorted(eligible)]
    tasks = _task_s(held, ends_at)
    regions = _by(records, lambda r: r.region, grace_s)
    return Measures(
        needs=len(records),
        heads=sum(r.heads for r in records),
        alerts=tale.alerts.total(),
        accepted=len(held),
        arrived=len(arrived),
        filled_heads=filled,
        in_time_heads=sum(r.in_time(grace_s) for r in records),
        to_fill_accepted_s=_quantiles(survival([r.filled(r.accepted_s) for r in records])),
        to_fill_arrived_s=_quantiles(survival([r.filled(r.arrived_s) for r in records])),
        unfilled_weighted_min=sum(weights[r.severity] * r.open_minutes() for r in records),
        alerts_per_filled_head=_ratio(tale.alerts.total(), filled),
        redundant_share=_ratio(tale.surplus + _called_off(tale, held), len(held)),
        response_s=_spread([_response_s(a) for a in arrived]),
        eta_error_s=_errors([_response_s(a) - _predicted_s(a) for a in arrived]),
        wasted_alerts=sum((o.accepts or 1.0) < HOPELESS_P for o in board.offers.values()),
        gini_alerts=gini(load),
        gini_task=gini([tasks.get(v, 0.0) for v in sorted(eligible)]),
        top_share=top_share(load, _TOP),
        fill_by_region=regions,
        fill_by_severity=_by(records, lambda r: r.severity, grace_s),
        fill_by_skill=_by(records, lambda r: r.skill, grace_s),
        region_ratio=_ratio(max(regions.values(), default=nan), min(regions.values(), default=0.0)),
        gini_regions=gini(_waits(records)),
        churn=_ratio(tale.moved, tale.plans * max(1, len(held))),
        skill_fit=_skill_fit(board, held),
        **_calibration(board),
        declined=_counted(
            str(o.decline_reason) for o in board.offers.values() if o.status is OfferStatus.DECLINED
        ),
        stood_down=_counted(
            a.stood_down_because for a in held if a.status is AssignmentStatus.STOOD_DOWN
        ),
    )


def need_records(tale: Tale, ends_at: datetime) -> tuple[NeedRecord, ...]:
    """Return what became of every need that was published, in the order of their ids."""
    board = tale.board
    return tuple(
        _record(tale, need, ends_at)
        for need in sorted(board.needs.values(), key=lambda n: n.id)
        if need.published_at is not None and need.id not in tale.duplicates
    )


def survival(spans: Iterable[Span]) -> Survival:
    """Return the Kaplan-Meier estimate (1958) of how long something stays open."""
    known = sorted(spans, key=lambda span: span.s)
    at_s, left, share = [], [], 1.0
    for s in sorted({span.s for span in known if span.ended}):
        at_risk = sum(span.s >= s for span in known)
        share *= 1 - sum(span.ended and span.s == s for span in known) / at_risk
        at_s.append(s)
        left.append(share)
    ended = sum(span.ended for span in known)
    return Survival(at_s=tuple(at_s), open=tuple(left), n=len(known), ended=ended)


def gini(loads: Sequence[float]) -> float:
    """Return the Gini coefficient: 0 where all carry the same, near 1 where one carries all."""
    carried = np.sort(np.asarray(loads, np.float64))
    n, total = len(carried), carried.sum()
    if n == 0 or total == 0:
        return nan
    return float((2 * np.arange(1, n + 1) - n - 1) @ carried / (n * total))


def top_share(loads: Sequence[float], share: float) -> float:
    """Return which part of everything the most loaded `share` of people carry, at least one."""
    carried = np.sort(np.asarray(loads, np.float64))[::-1]
    if not carried.sum() > 0:
        return nan
    most = max(1, round(share * len(carried)))
    return float(carried[:most].sum() / carried.sum())


def _told(board: Board, log: Sequence[Stored]) -> Tale:
    tale = Tale(board)
    taken: Counter[NeedId] = Counter()
    for s in log:
        match s.event:
            case ev.OfferMade(volunteer_id=person):
                tale.alerts[person] += 1
            case ev.OfferAccepted(offer_id=offer_id):
                need = board.needs[board.offers[offer_id].need_id]
                tale.surplus += taken[need.id] >= need.heads.desired
                taken[need.id] += 1
            case ev.StoodDown(assignment_id=a, reason=reason):
                taken[board.assignments[a].need_id] -= 1
                tale.moved += reason == "MOVED"
                if s.actor.role is Role.VOLUNTEER:
                    tale.by_volunteer.add(a)
            case ev.PlanMade() | ev.WaveMade():
                tale.plans += 1
            case ev.NeedClosed(need_id=need_id, reason=reason):
                tale.closed_at[need_id] = s.at
                if reason.startswith("DUPLICATE"):
                    tale.duplicates.add(need_id)
            case _:
                pass
    return tale


def _record(tale: Tale, need: Need, ends_at: datetime) -> NeedRecord:
    board, start = tale.board, need.published_at
    assert start is not None
    held = list(board.assignments_to(need.id))
    stayed = [a for a in held if a.status is not AssignmentStatus.STOOD_DOWN]
    until = min(tale.closed_at.get(need.id, ends_at), need.ends_at, ends_at)
    return NeedRecord(
        need_id=need.id,
        skill=need.skill,
        severity=board.incidents[need.incident_id].severity,
        region=need.region,
        heads=need.heads.desired,
        deadline_s=(need.deadline_at - start).total_seconds(),
        until_s=max(0.0, (until - start).total_seconds()),
        asked=len(board.offers_of[need.id]),
        accepted_s=tuple(sorted((a.assigned_at - start).total_seconds() for a in stayed)),
        arrived_s=tuple(
            sorted((a.on_scene_at - start).total_seconds() for a in held if a.on_scene_at)
        ),
    )


def _called_off(tale: Tale, held: Iterable[Assignment]) -> int:
    """How many were on their way, or about to be, and no longer wanted."""
    return sum(
        a.status is AssignmentStatus.STOOD_DOWN
        and a.id not in tale.by_volunteer
        and a.stood_down_because.startswith(_NOT_WANTED)
        for a in held
    )


def _response_s(a: Assignment) -> float:
    assert a.on_scene_at is not None
    return (a.on_scene_at - a.assigned_at).total_seconds()


def _predicted_s(a: Assignment) -> float:
    return float(a.travel.turnout_s + a.travel.eta_s)


def _task_s(held: Iterable[Assignment], ends_at: datetime) -> dict[VolunteerId, float]:
    spent: dict[VolunteerId, float] = {}
    for a in held:
        if a.on_scene_at is not None:
            end = a.released_at or ends_at
            more = (end - a.on_scene_at).total_seconds()
            spent[a.volunteer_id] = spent.get(a.volunteer_id, 0.0) + more
    return spent


def _by(records: Iterable[NeedRecord], key: Any, grace_s: float) -> dict[Any, float]:
    heads: Counter[Any] = Counter()
    there: Counter[Any] = Counter()
    for r in records:
        heads[key(r)] += r.heads
        there[key(r)] += r.in_time(grace_s)
    return {k: there[k] / heads[k] for k in sorted(heads)}


def _waits(records: Iterable[NeedRecord]) -> list[float]:
    """The mean time to fill by region; a need that was not filled counts to its end."""
    spans: dict[RegionCode, list[float]] = {}
    for r in records:
        spans.setdefault(r.region, []).append(r.filled(r.arrived_s).s)
    return [sum(s) / len(s) for _, s in sorted(spans.items())]


def _skill_fit(board: Board, held: Iterable[Assignment]) -> float:
    fits = [board.offers[a.offer_id].skill in (None, board.needs[a.need_id].skill) for a in held]
    return _ratio(sum(fits), len(fits))


def _calibration(board: Board) -> dict[str, float]:
    """Over alerts that were answered or ran out, by people whose chance was known."""
    decided = (OfferStatus.ACCEPTED, OfferStatus.DECLINED, OfferStatus.EXPIRED)
    known = [
        (o.accepts, float(o.status is OfferStatus.ACCEPTED))
        for o in board.offers.values()
        if o.accepts is not None and o.status in decided
    ]
    if not known:
        return {"brier": nan, "base_brier": nan}
    p, y = np.array(known).T
    return {"brier": float(((p - y) ** 2).mean()), "base_brier": float(y.mean() * (1 - y.mean()))}


def _quantiles(found: Survival) -> dict[str, float | None]:
    share = _ratio(found.ended, found.n)
    return {"median": found.quantile(0.5), "p90": found.quantile(0.9), "filled_share": share}


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    if not values:
        return {"mean": None, "p90": None}
    return {"mean": float(np.mean(values)), "p90": float(np.quantile(values, 0.9))}


def _errors(values: Sequence[float]) -> dict[str, float | None]:
    if not values:
        return {"mean": None, "mean_abs": None, "p90_abs": None}
    off = np.abs(values)
    return {
        "mean": float(np.mean(values)),
        "mean_abs": float(off.mean()),
        "p90_abs": float(np.quantile(off, 0.9)),
    }


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else (nan if not part or part != part else inf)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    return None if isinstance(value, float) and not abs(value) < inf else value
