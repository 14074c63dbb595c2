"""Seeded days: the same incidents and the same people, asked by us and by three usual ways.

A day has a stream of incidents. Whether somebody says yes, how long they take to answer and whether
they come is drawn per person and need from the acceptance model and the reply law, with the same
luck for every way of asking. What differs is whom a way asks, and when. Each usual way has a dial;
it is set so that all ways ask about the same number of people in all, so that nobody wins by asking
more.

    ours               the planner's waves: all needs at once, filling probability held
    nearest first      so many of the nearest eligible per missing head, again every ten minutes
    radius broadcast   everybody eligible within a radius that grows every ten minutes
    severity first     needs one by one, the gravest first, so many per missing head, replaced
                       whenever somebody declines or does not answer
"""

from __future__ import annotations

import functools
import hashlib
import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from benchmarks import town
from benchmarks.figures import Figure
from dispatch import events as ev
from dispatch.app import open_store
from dispatch.board import Board, apply
from dispatch.events import Stored
from dispatch.geo.straight import StraightLineRouter
from dispatch.matching.acceptance import preset, probability
from dispatch.matching.alerting import Call
from dispatch.matching.alerting.calls import call_of
from dispatch.matching.eligibility import Eligibility
from dispatch.matching.facts import facts_of
from dispatch.matching.load import SEVERITY, features, load_of
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.replies import APP
from dispatch.model import (
    SYSTEM,
    ActionId,
    AssignmentId,
    CoverEvidence,
    DeclineReason,
    EtaSource,
    Need,
    NeedId,
    OfferId,
    Severity,
    Site,
    Travel,
    VolunteerId,
    WaveReason,
)
from dispatch.planner.plan import Planner
from dispatch.registry.snapshot import load_roster
from dispatch.roster import MODES, Roster

START: Final = datetime(2026, 7, 20, 14, 0, tzinfo=UTC)
PEOPLE: Final = 3_000
SEEDS: Final = 20
HOURS: Final = 6
INCIDENTS: Final = 14
BEAT_S: Final = 20
AGAIN_S: Final = 600
WEIGHT: Final = {Severity.I: 8, Severity.II: 4, Severity.III: 2, Severity.IV: 1}
MODEL: Final = preset("mid")

Asked = list[tuple[NeedId, int, float | None]]
"""Need, roster row and chance of a yes of the people to ask now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One day: weighted minutes of heads nobody had arrived for, the median minutes until a need
    was complete (censored at its end), and how many people were asked."""

    unfilled: float
    fill_min: float
    alerts: int


@dataclass(slots=True)
class Day:
    """A running day: the real board and fold, simulated people."""

    seed: int
    roster: Roster
    played: town.Played = field(default_factory=town.Played)
    now: datetime = START
    alerts: int = 0
    _due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _count: int = 0
    asked: dict[NeedId, set[int]] = field(default_factory=dict)
    arrived: dict[NeedId, list[datetime]] = field(default_factory=dict)

    @property
    def board(self) -> Board:
        return self.played.board

    def store(self, *events: ev.Event) -> None:
        """Put events on the board as the log would."""
        for event in events:
            self._count += 1
            seq = self.board.seq + 1
            apply(
                self.board,
                Stored(seq=seq, at=self.now, actor=SYSTEM, action_id=ActionId(f"q{seq}"),
                       exercise=True, event=event),
            )  # fmt: skip

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._due, (self.now + timedelta(seconds=seconds), self._count, what))

    def advance(self, until: datetime) -> None:
        """Let everything happen that is due by then."""
        while self._due and self._due[0][0] <= until:
            self.now, _, what = heapq.heappop(self._due)
            what()
        self.now = until

    def luck(self, row: int, need_id: NeedId, what: str) -> float:
        """A number in 0..1 that is the same however and whenever this person is asked."""
        key = f"{self.seed}|{row}|{need_id}|{what}".encode()
        return int.from_bytes(hashlib.sha256(key).digest()[:6], "big") / 2**48

    def ask(self, need_id: NeedId, row: int, travel: Travel, accepts: float) -> None:
        need = self.board.needs[need_id]
        volunteer, self.alerts = VolunteerId(int(self.roster.ids[row])), self.alerts + 1
        self.asked.setdefault(need_id, set()).add(row)
        offer_id = OfferId(f"o{self.alerts}")
        self.store(
            ev.OfferMade(
                offer_id=offer_id, need_id=need_id, incident_id=need.incident_id,
                volunteer_id=volunteer, plan_id=None, hazard=need.hazard, cover=_cover(need),
                travel=travel, origin=Site(lon=0, lat=0), accepts=accepts, wave=1,
                expires_at=self.now + timedelta(seconds=600),
            )
        )  # fmt: skip
        luck = functools.partial(self.luck, row, need_id)
        delay_s = float(np.interp(luck("delay"), _QUANTILES, _DELAYS_S))
        if luck("yes") < accepts:
            self.later(delay_s, lambda: self._accept(offer_id, row, travel))
        elif luck("no") < APP.says_no:
            self.later(delay_s, lambda: self._decline(offer_id))
        else:
            self.later(600, lambda: self._expire(offer_id))

    def _accept(self, offer_id: OfferId, row: int, travel: Travel) -> None:
        if offer_id not in self.board.open_offers:
            return
        offer = self.board.offers[offer_id]
        need = self.board.needs[offer.need_id]
        mine = AssignmentId(f"a{offer_id}")
        self.store(
            ev.OfferAccepted(offer_id=offer_id, assignment_id=mine, hazard=need.hazard,
                             cover=offer.cover, travel=travel)
        )  # fmt: skip
        if self.board.heads_taken(need.id) >= need.heads.desired:
            rest = [o.id for o in self.board.open_offers_of(need.id)]
            self.store(*(ev.OfferWithdrawn(offer_id=o, reason="FILLED") for o in rest))
        if self.luck(row, need.id, "comes") < MODEL.show_up:
            self.later(travel.turnout_s + travel.eta_s, lambda: self._arrive(mine, need.id))
        else:
            self.later(600, lambda: self._give_up(mine))

    def _decline(self, offer_id: OfferId) -> None:
        if offer_id in self.board.open_offers:
            self.store(ev.OfferDeclined(offer_id=offer_id, reason=DeclineReason.BUSY))

    def _expire(self, offer_id: OfferId) -> None:
        if offer_id in self.board.open_offers:
            self.store(ev.OfferExpired(offer_id=offer_id))

    def _arrive(self, mine: AssignmentId, need_id: NeedId) -> None:
        self.store(ev.Arrived(assignment_id=mine))
        self.arrived.setdefault(need_id, []).append(self.now)
        left_s = (self.board.needs[need_id].ends_at - self.now).total_seconds()
        self.later(max(1.0, left_s), lambda: self.store(ev.Released(assignment_id=mine)))

    def _give_up(self, mine: AssignmentId) -> None:
        self.store(ev.StoodDown(assignment_id=mine, reason="Cannot come"))

    def wanting(self) -> list[Need]:
        """Needs with heads nobody has accepted."""
        return [
            n for n in self.board.open_needs()
            if self.board.heads_taken(n.id) < n.heads.desired and self.now < n.ends_at
        ]  # fmt: skip

    def outcome(self) -> Outcome:
        unfilled, minutes = 0.0, []
        for need in self.board.needs.values():
            opened = need.published_at or need.added_at
            times = sorted(self.arrived.get(need.id, []))[: need.heads.desired]
            waits = [(t - opened).total_seconds() / 60 for t in times]
            whole = (need.ends_at - opened).total_seconds() / 60
            waits += [whole] * (need.heads.desired - len(waits))
            severity = self.board.incidents[need.incident_id].severity
            unfilled += WEIGHT[severity] * sum(waits)
            minutes.append(waits[-1])
        return Outcome(unfilled, float(np.median(minutes)), self.alerts)


Way = Callable[[Day], Asked]
"""Whom to ask at a beat; made anew for every day."""


class Ours:
    """The planner, need by need as their alerting falls due."""

    def __init__(self, roster: Roster) -> None:
        self._planner = Planner(
            roster=roster, router=StraightLineRouter(), policy=MatchPolicy(), timer=lambda: 0.0
        )

    def __call__(self, day: Day) -> Asked:
        book, board = self._planner.asking.book, day.board
        due = []
        for need in day.wanting():
            policy = book.policy_for(board, need)
            if policy.due(_call(day, need)):
                due.append(need.id)
        plan = self._planner.plan(board, day.now, tuple(due)) if due else None
        if plan is None:
            return []
        asked: Asked = [
            (p.need_id, int(day.roster.rows([p.volunteer_id])[0]), p.accepts)
            for p in plan.proposals
        ]
        for fill in plan.fills:
            if fill.asking:
                _wave(day, fill.need_id, fill.asking)
        return asked


@dataclass(slots=True)
class Usual:
    """The three usual ways: `ranked` gives a need's eligible people, the nearest first."""

    dial: float
    kind: str
    _last: dict[NeedId, tuple[datetime, int]] = field(default_factory=dict)

    def __call__(self, day: Day) -> Asked:
        severity = {n.id: day.board.incidents[n.incident_id].severity for n in day.wanting()}
        found: Asked = []
        taken: set[int] = set()
        rules = _rules(day)
        for need in sorted(day.wanting(), key=lambda n: (severity[n.id], n.published_at, n.id)):
            rows, eta_s = _ranked(day, need, rules, taken)
            some = rows[: self._how_many(day, need, eta_s)]
            taken.update(some)
            found += [(need.id, row, None) for row in some]
        return found

    def _how_many(self, day: Day, need: Need, eta_s: list[int]) -> int:
        missing = need.heads.desired - day.board.heads_taken(need.id)
        if self.kind == "severity first":
            silent = sum(1 for _ in day.board.open_offers_of(need.id))
            return max(0, round(self.dial * missing) - silent)
        at, rounds = self._last.get(need.id, (None, 0))
        if at is not None and (day.now - at).total_seconds() < AGAIN_S:
            return 0
        self._last[need.id] = (day.now, rounds + 1)
        if self.kind == "nearest first":
            return round(self.dial * missing)
        return sum(s <= self.dial * 1.5**rounds for s in eta_s)


def day_of(seed: int, roster: Roster, way: Way) -> Outcome:
    """Return how a day goes when people are asked this way."""
    rng = np.random.default_rng(seed)
    day = Day(seed, roster)
    starts = np.sort(rng.uniform(0, (HOURS - 3) * 3600, INCIDENTS))
    scenes = town.busy(INCIDENTS, seed).board
    for start, incident in zip(starts.tolist(), list(scenes.incidents), strict=True):
        day.later(start, functools.partial(_open, day, scenes, incident))
    model, router = MODEL, StraightLineRouter()
    for step in range(HOURS * 3600 // BEAT_S):
        day.advance(START + timedelta(seconds=step * BEAT_S))
        if day.wanting():
            for need_id, row, accepts in way(day):
                travel = _travel(router, roster, row, day.board.needs[need_id])
                chance = _chance(day, need_id, row, travel, model) if accepts is None else accepts
                day.ask(need_id, row, travel, chance)
    day.advance(START + timedelta(hours=HOURS + 6))
    return day.outcome()


def _open(day: Day, scenes: Any, incident_id: Any) -> None:
    incident = scenes.incidents[incident_id]
    day.store(ev.IncidentOpened(incident=replace(incident, opened_at=day.now)))
    for need_id in scenes.needs_of[incident_id]:
        need = replace(
            scenes.needs[need_id], deadline_at=day.now + timedelta(minutes=45),
            ends_at=day.now + timedelta(hours=3), status="DRAFT", published_at=None,
        )  # fmt: skip
        policy = {"kind": "hold", "q": 0.95 if incident.severity is Severity.I else 0.8}
        day.store(
            ev.NeedAdded(need=need), ev.NeedPublished(need_id=need.id),
            ev.AlertingStarted(need_id=need.id, policy=policy),
        )  # fmt: skip


def _wave(day: Day, need_id: NeedId, asked: int) -> None:
    number = day.board.alerting[need_id].waves + 1
    day.store(
        ev.WaveMade(need_id=need_id, number=number, asked=asked, because=WaveReason.SILENCE,
                    fill_before=None, fill=None, eta_limit_s=0, levels_up=0)
    )  # fmt: skip


def _call(day: Day, need: Need) -> Call:
    return call_of(day.board, need, day.now, law=APP, show_up=MODEL.show_up)


def _rules(day: Day) -> Eligibility:
    facts = facts_of(day.board, day.roster, day.now)
    return Eligibility(day.roster, facts, now=day.now, exercise=False, policy=MatchPolicy())


def _ranked(
    day: Day, need: Need, rules: Eligibility, taken: set[int]
) -> tuple[list[int], list[int]]:
    rows = rules.eligible(need).rows
    out = taken | day.asked.get(need.id, set())
    rows = rows[~np.isin(rows, list(out))] if out else rows
    eta_s = np.zeros(len(rows), np.int64)
    router, site = StraightLineRouter(), np.array([[need.site.lon, need.site.lat]])
    for m, mode in enumerate(MODES):
        mine = day.roster.mode[rows] == m
        points = np.column_stack([day.roster.lon[rows[mine]], day.roster.lat[rows[mine]]])
        eta_s[mine] = router.eta_matrix(points, site, mode).eta_s[:, 0]
    near = np.flatnonzero(eta_s + day.roster.turnout_s[rows] <= need.reach_s)
    order = near[np.argsort(eta_s[near], kind="stable")]
    return rows[order].tolist(), eta_s[order].tolist()


def _travel(router: StraightLineRouter, roster: Roster, row: int, need: Need) -> Travel:
    mode = MODES[int(roster.mode[row])]
    point = np.array([[roster.lon[row], roster.lat[row]]])
    site = np.array([[need.site.lon, need.site.lat]])
    return Travel(
        eta_s=int(router.eta_matrix(point, site, mode).eta_s[0, 0]),
        dist_m=int(router.lengths_m(point, site, mode)[0]),
        source=EtaSource.ESTIMATED, mode=mode, turnout_s=int(roster.turnout_s[row]),
    )  # fmt: skip


def _chance(day: Day, need_id: NeedId, row: int, travel: Travel, model: Any) -> float:
    """The chance with which somebody whom a usual way asks says yes: the same law as for ours."""
    need = day.board.needs[need_id]
    one = day.roster.only(np.array([row]))
    load = load_of(day.board, one.ids, day.now, model)
    response = np.array([travel.eta_s + travel.turnout_s])
    severity = SEVERITY[day.board.incidents[need.incident_id].severity]
    known = features(
        load, np.array([0]), response, np.array([False]), severity, need.hazard.rank, day.now, UTC
    )
    return float(probability(known, model)[0])


def _cover(need: Need) -> CoverEvidence:
    evidence = town._eligible(START).cover
    assert evidence is not None
    return replace(evidence, hazard=need.hazard)


_DELAYS_S: Final = np.linspace(15, 300, 500)
_QUANTILES: Final = APP.cdf(_DELAYS_S)


def study(roster: Roster, seeds: Iterable[int]) -> dict[str, list[Outcome]]:
    """Return every way's days, the usual ways with their dials set to ask as many people as we."""
    seeds = list(seeds)
    found = {"ours": [day_of(seed, roster, Ours(roster)) for seed in seeds]}
    alerts = sum(o.alerts for o in found["ours"])
    spans = {
        "nearest first": (0.5, 12.0), "radius broadcast": (60.0, 1_500.0),
        "severity first": (0.5, 12.0),
    }  # fmt: skip
    for kind, span in spans.items():
        found[kind] = _tuned(roster, seeds, kind, span, alerts)
    return found


def _tuned(
    roster: Roster, seeds: list[int], kind: str, span: tuple[float, float], alerts: int
) -> list[Outcome]:
    """The days of a usual way at the dial whose alerts come nearest to `alerts`, by bisection."""
    low, high = span
    best: list[Outcome] = []
    for _ in range(7):
        dial = (low + high) / 2
        days = [day_of(seed, roster, Usual(dial, kind)) for seed in seeds]
        made = sum(o.alerts for o in days)
        if not best or abs(made - alerts) < abs(sum(o.alerts for o in best) - alerts):
            best = days
        if abs(made - alerts) <= 0.01 * alerts:
            break
        low, high = (dial, high) if made < alerts else (low, dial)
    return best


def interval(ours: list[float], theirs: list[float]) -> tuple[float, float, float]:
    """Return mean and 95 % interval of the paired differences, theirs less ours."""
    from scipy.stats import t

    apart = np.array(theirs) - np.array(ours)
    half = t.ppf(0.975, len(apart) - 1) * apart.std(ddof=1) / np.sqrt(len(apart))
    return float(apart.mean()), float(apart.mean() - half), float(apart.mean() + half)


def summary(found: Mapping[str, list[Outcome]]) -> dict[str, dict[str, Any]]:
    """Return per way the means, and for the usual ways how much worse they are with intervals."""
    ours = found["ours"]
    told: dict[str, dict[str, Any]] = {}
    for kind, days in found.items():
        told[kind] = {
            "unfilled": float(np.mean([o.unfilled for o in days])),
            "fill_min": float(np.mean([o.fill_min for o in days])),
            "alerts": float(np.mean([o.alerts for o in days])),
        }
        if kind != "ours":
            for name in ("unfilled", "fill_min"):
                mine = [getattr(o, name) for o in ours]
                told[kind][f"{name} worse by"] = interval(mine, [getattr(o, name) for o in days])
    return told


def run() -> dict[str, Figure]:
    """Return the figures of twenty days: ours, and by how much the usual ways do worse."""
    with town.county(PEOPLE) as settings:
        engine = open_store(settings)
        roster = load_roster(engine)
        engine.dispose()
    found = study(roster, range(SEEDS))
    told = summary(found)
    days = f"{SEEDS} days of {INCIDENTS} incidents, about {told['ours']['alerts']:.0f} alerts each"
    figures = {
        f"severity-weighted unfilled minutes, {days}": Figure(
            value=told["ours"]["unfilled"],
            unit="min",
            runs=[o.unfilled for o in found["ours"]],
            peers={kind: told[kind]["unfilled"] for kind in told if kind != "ours"},
        ),
        "median minutes until a need is complete": Figure(
            value=told["ours"]["fill_min"],
            unit="min",
            runs=[o.fill_min for o in found["ours"]],
            peers={kind: told[kind]["fill_min"] for kind in told if kind != "ours"},
        ),
    }
    for kind in told:
        for name, unit in (("unfilled", "weighted min"), ("fill_min", "min")):
            if kind != "ours":
                mean, low, high = told[kind][f"{name} worse by"]
                title = f"{kind} worse by, {unit} (95 % interval {low:.4g} to {high:.4g})"
                figures[title] = Figure(value=mean, unit=unit, runs=[low, high])
    return figures
