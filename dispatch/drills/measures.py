"""What a drill comes to in figures (science D5): the same for every way of working, so that they
can be compared. Everything is read out of the log but the planner's real time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from dispatch.drills.report.account import WEIGHTS, Account, NeedAccount
from dispatch.drills.report.survival import Wait, kaplan_meier
from dispatch.drills.statistics import gini
from dispatch.events import StoodDown
from dispatch.invariants import violations
from dispatch.model import AssignmentStatus, OfferStatus, Severity
from dispatch.roster import Roster
from dispatch.taxonomy import Names

TOP: Final = 0.05
"""The share of people who bear most, of whose load the measure speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """One drill in figures. Seconds count from a need's publication; NaN where nothing was to be
    measured.

    fill_accepted_s, _p90_s  until the desired heads had accepted: median and 90 %, Kaplan-Meier
    fill_arrived_s, _p90_s   until they were on scene; infinite where that share never was
    filled                   share of the desired heads on scene by the deadline
    unfilled_min             missing heads on scene x minutes x weight of the severity
    alerts_per_head          offers made for each head that came
    redundant                share of acceptances that were called off or turned away
    eta_error_s, eta_abs_s   real less predicted travel: mean, and mean of its size
    gini, top_share          load of alerts over those who hold a skill that was needed
    churn                    share of assignments moved to another need
    fairness                 lowest over highest share of heads filled, over regions
    brier                    mean squared error of the predicted chance of a yes
    exact_skill              share of heads that came with the skill asked for, not a substitute
    solve_p50_s, _p95_s      the planner's real time, which differs from machine to machine
    violations               must be 0
    """

    fill_accepted_s: float
    fill_accepted_p90_s: float
    fill_arrived_s: float
    fill_arrived_p90_s: float
    filled: float
    unfilled_min: float
    alerts: float
    alerts_per_head: float
    redundant: float
    eta_error_s: float
    eta_abs_s: float
    gini: float
    top_share: float
    churn: float
    fairness: float
    brier: float
    exact_skill: float
    solve_p50_s: float
    solve_p95_s: float
    violations: float

    def plain(self) -> dict[str, float | None]:
        """Return all figures as JSON can hold them: null where there is none."""
        values = ((f.name, getattr(self, f.name)) for f in fields(self))
        return {name: value if np.isfinite(value) else None for name, value in values}


NAMES: Final[Mapping[str, Names]] = {
    "fill_accepted_s": Names("全部接受用时中位数（秒）", "time to accepted, median (s)"),
    "fill_accepted_p90_s": Names("全部接受用时 90%（秒）", "time to accepted, 90 % (s)"),
    "fill_arrived_s": Names("全部到场用时中位数（秒）", "time to on scene, median (s)"),
    "fill_arrived_p90_s": Names("全部到场用时 90%（秒）", "time to on scene, 90 % (s)"),
    "filled": Names("按时到场占比", "heads on scene in time"),
    "unfilled_min": Names("加权缺员分钟", "weighted unfilled minutes"),
    "alerts": Names("通知次数", "alerts"),
    "alerts_per_head": Names("每到场一人的通知次数", "alerts per head that came"),
    "redundant": Names("多余接受占比", "redundant acceptances"),
    "eta_error_s": Names("路程误差均值（秒）", "ETA error, mean (s)"),
    "eta_abs_s": Names("路程误差绝对值均值（秒）", "ETA error, mean size (s)"),
    "gini": Names("通知负担基尼系数", "Gini of alerts"),
    "top_share": Names("负担最重 5% 的份额", "share of the top 5 %"),
    "churn": Names("改派占比", "moved assignments"),
    "fairness": Names("区域公平（最低／最高）", "fairness over regions (min / max)"),
    "brier": Names("接受概率 Brier 分", "Brier score of acceptance"),
    "exact_skill": Names("技能完全相符占比", "heads with the exact skill"),
    "solve_p50_s": Names("求解用时中位数（秒）", "solve time, median (s)"),
    "solve_p95_s": Names("求解用时 95%（秒）", "solve time, 95 % (s)"),
    "violations": Names("违规次数（须为 0）", "violations (must be 0)"),
}


def measures(
    told: Account,
    roster: Roster,
    *,
    weights: Mapping[Severity, float] = WEIGHTS,
    solves_s: Sequence[float] = (),
    turned_away: int = 0,
) -> Measures:
    """Return the figures of a drill."""
    accepted = kaplan_meier(_waits(told, accepted=True))
    arrived = kaplan_meier(_waits(told, accepted=False))
    came = sum(min(len(n.arrived), n.need.heads.desired) for n in told.needs)
    offers = sum(len(n.offers) for n in told.needs)
    loads = _loads(told, roster)
    errors = list(_eta_errors(told))
    return Measures(
        fill_accepted_s=_or_never(accepted.when(0.5)),
        fill_accepted_p90_s=_or_never(accepted.when(0.9)),
        fill_arrived_s=_or_never(arrived.when(0.5)),
        fill_arrived_p90_s=_or_never(arrived.when(0.9)),
        filled=_share(sum(_in_time(n) for n in told.needs), _wanted(told.needs)),
        unfilled_min=told.weighted_minutes(weights),
        alerts=offers,
        alerts_per_head=_share(offers, came),
        redundant=_redundant(told, turned_away),
        eta_error_s=_mean(errors),
        eta_abs_s=_mean([abs(e) for e in errors]),
        gini=gini(loads),
        top_share=_top_share(loads),
        churn=_churn(told),
        fairness=_fairness(told),
        brier=_mean(list(_squares(told))),
        exact_skill=_exact(told),
        solve_p50_s=float(np.quantile(solves_s, 0.5)) if solves_s else float("nan"),
        solve_p95_s=float(np.quantile(solves_s, 0.95)) if solves_s else float("nan"),
        violations=len(violations(told.board)),
    )


def _waits(told: Account, *, accepted: bool) -> Iterator[Wait]:
    for n in told.needs:
        found = n.wait(n.filled_at if accepted else n.complete_at)
        if found is not None:
            yield found


def _or_never(seconds: float | None) -> float:
    return float("inf") if seconds is None else seconds


def _wanted(needs: Sequence[NeedAccount]) -> int:
    return sum(n.need.heads.desired for n in needs if n.published_at is not None)


def _in_time(n: NeedAccount) -> int:
    """The desired heads that were on scene by the deadline."""
    came = [
        a for a in n.arrived if a.on_scene_at is not None and a.on_scene_at <= n.need.deadline_at
    ]
    return min(len(came), n.need.heads.desired)


def _redundant(told: Account, turned_away: int) -> float:
    """Acceptances that were called off for want of need, and people who came in vain."""
    called_off = sum(
        1
        for s in told.entries
        if isinstance(s.event, StoodDown)
        and s.actor.volunteer_id is None
        and s.event.reason != "MOVED"
    )
    accepted = sum(n.ended(OfferStatus.ACCEPTED) for n in told.needs)
    return _share(called_off + turned_away, accepted + turned_away)


def _eta_errors(told: Account) -> Iterator[float]:
    for n in told.needs:
        for a in n.arrived:
            if a.en_route_at is not None and a.on_scene_at is not None:
                yield (a.on_scene_at - a.en_route_at).total_seconds() - a.travel.eta_s


def _loads(told: Account, roster: Roster) -> list[float]:
    """How often each was asked who holds a skill that was needed."""
    held = np.zeros(len(roster), np.bool_)
    for skill in {n.need.skill for n in told.needs}:
        if skill in roster.credentials:
            held[roster.credentials[skill].rows] = True
    people = set(roster.ids[held].tolist()) | set(told.alerts)
    return [float(told.alerts.get(p, 0)) for p in sorted(people)]


def _top_share(loads: Sequence[float]) -> float:
    ordered = sorted(loads, reverse=True)
    return _share(sum(ordered[: max(1, round(TOP * len(ordered)))]), sum(ordered))


def _churn(told: Account) -> float:
    moved = sum(isinstance(s.event, StoodDown) and s.event.reason == "MOVED" for s in told.entries)
    return _share(moved, len(told.board.assignments))


def _fairness(told: Account) -> float:
    """The lowest share of heads on scene in time over the highest, over regions (Contextual budget
    bandit, Tang et al. 2025)."""
    by_region: dict[str, list[NeedAccount]] = defaultdict(list)
    for n in told.needs:
        by_region[n.need.region].append(n)
    shares = [
        _share(sum(_in_time(n) for n in needs), _wanted(needs))
        for needs in by_region.values()
        if _wanted(needs)
    ]
    return _share(min(shares, default=0.0), max(shares, default=0.0))


def _squares(told: Account) -> Iterator[float]:
    """Of offers that were answered or expired; one that was withdrawn says nothing."""
    for n in told.needs:
        for o in n.offers:
            if o.accepts is not None and o.status not in (OfferStatus.WITHDRAWN, OfferStatus.OPEN):
                yield (o.accepts - (o.status is OfferStatus.ACCEPTED)) ** 2


def _exact(told: Account) -> float:
    found: Counter[bool] = Counter()
    for n in told.needs:
        skills = {o.id: o.skill for o in n.offers}
        for a in n.assignments:
            if a.status is not AssignmentStatus.STOOD_DOWN:
                found[skills[a.offer_id] in (None, n.need.skill)] += 1
    return _share(found[True], found.total())


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
