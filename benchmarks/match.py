"""The matcher at county and city size, each figure beside its peers on the same instance.

The county is that of `town`: the real registry's columns and road times of everybody to every site.
"Everything" is from those columns and times to a plan that is proven, verified and explained.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import numpy as np
from ortools.sat.python import cp_model

from benchmarks import assignment, crews, greedy, town
from benchmarks.figures import Figure, median_of
from dispatch import actions as act
from dispatch.app import open_store
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter
from dispatch.matching import Match, match
from dispatch.matching.alerting import Exactly
from dispatch.matching.alerting.book import AlertBook, AlertRule
from dispatch.matching.cost import People
from dispatch.matching.eligibility import Eligibility
from dispatch.matching.explain import shortfalls
from dispatch.matching.facts import facts_of
from dispatch.matching.policy import CrewPolicy, MatchPolicy
from dispatch.matching.problem import DESIRED, MINIMUM, Candidates, Problem
from dispatch.model import Actor, Need, NeedId, Role, Shortfall, TravelMode, VolunteerId, ZoneKind
from dispatch.planner.plan import Planner
from dispatch.planner.round import Asking
from dispatch.registry.snapshot import load_roster
from dispatch.roster import MODES, Roster

RUNS: Final = 5
CP_SAT_S: Final = 60
NEAREST: Final = 20
CUT: Final = 40
POLICY: Final = MatchPolicy(crew=CrewPolicy(from_heads=10_000, buddy_from=None), reserve_share=0)
EXACTLY: Final = Asking(book=AlertBook(rules=(AlertRule(policy=Exactly()),)))

T = TypeVar("T")


def run() -> dict[str, Figure]:
    """Return all figures of the matcher."""
    with town.county() as settings:
        engine = open_store(settings)
        roster = load_roster(engine)
        engine.dispose()
        router = RoadRouter(RoadGraph.load(settings.agency_file.parent / "roads"))
    played = town.busy(200)
    county = County.of(roster, router, played.board.open_needs(), played)
    return {
        **_county(county),
        **_changes(roster, router, played),
        **_crews(),
        **_city(),
        **_assignments(),
    }


@dataclass(frozen=True, slots=True, eq=False)
class County:
    """The inputs of both sides: roster, needs with their severities, road seconds of everybody to
    every site, shape (n, sites), and each need's column in it."""

    roster: Roster
    played: town.Played
    needs: list[Need]
    eta_s: np.ndarray[Any, np.dtype[np.int32]]
    column: dict[NeedId, int]
    now: datetime

    @classmethod
    def of(
        cls, roster: Roster, router: RoadRouter, needs: list[Need], played: town.Played
    ) -> County:
        """Look up every road time there is."""
        sites = sorted({(n.site.lon, n.site.lat) for n in needs})
        eta_s = np.empty((len(roster), len(sites)), np.int32)
        for m, mode in enumerate(MODES):
            mine = roster.mode == m
            points = np.column_stack([roster.lon[mine], roster.lat[mine]])
            eta_s[mine] = router.eta_matrix(points, np.array(sites), mode).eta_s
        column = {n.id: sites.index((n.site.lon, n.site.lat)) for n in needs}
        return cls(roster, played, needs, eta_s, column, datetime.now(UTC))

    def rules(self) -> Eligibility:
        """Who may serve, judged anew."""
        facts = facts_of(self.played.board, self.roster, self.now)
        return Eligibility(self.roster, facts, now=self.now, exercise=False, policy=POLICY)

    def severity(self, need: Need) -> Any:
        return self.played.board.incidents[need.incident_id].severity


def ours(county: County) -> tuple[Problem, Match, tuple[Shortfall, ...]]:
    """Everything: who may, what it costs, the proven match, verified, and why heads stay empty."""
    rules, candidates = county.rules(), []
    for need in county.needs:
        held = rules.eligible(need)
        candidates.append(
            Candidates(
                need=need, severity=county.severity(need), taken=0, rows=held.rows,
                eta_s=county.eta_s[held.rows, county.column[need.id]], steps=held.steps,
            )
        )  # fmt: skip
    roster = county.roster
    people = People.fresh(roster.turnout_s, np.zeros(len(roster), np.bool_))
    problem = Problem.build(candidates, people, POLICY)
    found = match(problem)
    by_id = {n.id: n for n in county.needs}
    short = shortfalls(problem, found.solution, lambda need_id: rules.bits(by_id[need_id]))
    return problem, found, short


def nearest(county: County) -> tuple[int, int]:
    """What the strongest open system does, from the same inputs: needs one by one, the gravest
    first, the nearest eligible; return seconds of response in all, and empty heads."""
    rules, roster = county.rules(), county.roster
    taken = np.zeros(len(roster), np.bool_)
    response_s, empty = 0, 0
    for need in sorted(county.needs, key=lambda n: (county.severity(n), n.id)):
        rows = rules.eligible(need).rows
        seconds = county.eta_s[rows, county.column[need.id]].astype(np.int64)
        seconds += roster.turnout_s[rows]
        may = np.flatnonzero((seconds <= need.reach_s) & ~taken[rows])
        best = may[np.argsort(seconds[may], kind="stable")[: need.heads.desired]]
        taken[rows[best]] = True
        response_s += int(seconds[best].sum())
        empty += need.heads.desired - len(best)
    return response_s, empty


def cp_sat(problem: Problem, limit_s: float = CP_SAT_S) -> tuple[float, int, float]:
    """Plain CP-SAT on the pairs that are among the cheapest `NEAREST` per head of their need: its
    seconds, value and bound."""
    starts, heads = problem.starts(), problem.posts.heads.sum(axis=1)
    kept = np.concatenate(
        [
            s + np.argsort(problem.cost_s[s:e], kind="stable")[: NEAREST * int(h)]
            for s, e, h in zip(starts[:-1], starts[1:], heads, strict=True)
        ]
    )
    began = time.perf_counter()
    model = cp_model.CpModel()
    sent = [model.new_bool_var("") for _ in kept]
    of_person: dict[int, list[Any]] = {}
    of_need: dict[int, list[Any]] = {}
    for x, row, j in zip(
        sent, problem.row[kept].tolist(), problem.post[kept].tolist(), strict=True
    ):
        of_person.setdefault(row, []).append(x)
        of_need.setdefault(j, []).append(x)
    for xs in of_person.values():
        model.add_at_most_one(xs)
    costs = [x * int(c) for x, c in zip(sent, problem.cost_s[kept].tolist(), strict=True)]
    for j in range(len(problem.posts)):
        empty = [
            model.new_int_var(0, int(problem.posts.heads[j, t]), "") for t in (MINIMUM, DESIRED)
        ]
        model.add(sum(of_need.get(j, [])) + sum(empty) == int(heads[j]))
        costs += [e * int(problem.posts.unfilled_s[j, t]) for t, e in enumerate(empty)]
    model.minimize(sum(costs))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = limit_s
    solver.parameters.num_workers = 2
    solver.solve(model)
    took_s = time.perf_counter() - began
    return took_s, round(solver.objective_value), solver.best_objective_bound


def pyvroom(problem: Problem) -> tuple[float, int]:
    """VROOM on the needs and pairs of `problem`: its seconds and empty heads. A person is a vehicle
    of one task who has the needs they may serve as skills, every head a job."""
    vroom: Any = importlib.import_module("vroom")
    people = np.unique(problem.row)
    m, n = len(problem.posts), len(people)
    matrix = np.full((m + n, m + n), 100_000, np.uint32)
    matrix[m + np.searchsorted(people, problem.row), problem.post] = problem.cost_s
    instance = vroom.Input()
    instance.set_durations_matrix(profile="car", matrix_input=matrix)
    skills = [set(problem.post[problem.row == row].tolist()) for row in people]
    instance.add_vehicle(
        [vroom.Vehicle(k, start=m + k, max_tasks=1, skills=s) for k, s in enumerate(skills)]
    )
    jobs = [j for j in range(m) for _ in range(int(problem.posts.heads[j].sum()))]
    instance.add_job([vroom.Job(k, location=j, skills={j}) for k, j in enumerate(jobs)])
    began = time.perf_counter()
    found = instance.solve(exploration_level=1, nb_threads=2)
    return time.perf_counter() - began, len(found.unassigned)


def _county(county: County) -> dict[str, Figure]:
    ours_s, (problem, found, short) = _timed(functools.partial(ours, county))
    greedy_s, (_, greedy_empty) = _timed(functools.partial(nearest, county))
    heads = int(problem.posts.heads.sum())
    name = f"county, {len(county.needs)} needs, {heads} heads, {len(problem.post)} pairs"
    empty = sum(s.missing for s in short)
    sat_s, sat_value, sat_bound = cp_sat(problem)
    mine = statistics.median(ours_s)
    best_s, _ = greedy.fill(problem)
    return {
        f"{name}: everything": median_of(
            ours_s, "s", peers={"greedy nearest": statistics.median(greedy_s)}
        ),
        "county: times the time of greedy nearest": _ratio(ours_s, greedy_s, 2.0),
        "county: gap": Figure(value=found.gap, unit="", runs=[found.gap], reach=0.0),
        "county: objective": Figure(
            value=found.objective_s, unit="s", runs=[found.objective_s],
            peers={"greedy by cost": best_s, f"CP-SAT after {sat_s:.0f} s": sat_value,
                   "its bound": sat_bound},
        ),
        "county: faster than CP-SAT (its limit 60 s)": Figure(
            value=sat_s / mine, unit="x", runs=[sat_s / mine], better="higher", reach=100
        ),
        "county: empty heads": Figure(
            value=empty, unit="heads", runs=[empty], peers={"greedy nearest": greedy_empty}
        ),
        **_vroom(county),
    }  # fmt: skip


def _vroom(county: County) -> dict[str, Figure]:
    if importlib.util.find_spec("vroom") is None:
        return {"cut: pyvroom is not installed": Figure(value=0, unit="", runs=[])}
    incidents = sorted({n.incident_id for n in county.needs})[:CUT]
    needs = [n for n in county.needs if n.incident_id in incidents]
    part = County(county.roster, county.played, needs, county.eta_s, county.column, county.now)
    whole, _, _ = ours(part)
    starts, heads = whole.starts(), whole.posts.heads.sum(axis=1)
    near = np.concatenate(
        [
            s + np.sort(np.argsort(whole.cost_s[s:e], kind="stable")[: 5 * int(h)])
            for s, e, h in zip(starts[:-1], starts[1:], heads, strict=True)
        ]
    )
    problem = whole.only(near)
    mine_s, found = _timed(lambda: match(problem))
    vroom_s, unassigned = pyvroom(problem)
    empty = int(found.solution.unfilled.sum())
    faster = vroom_s / statistics.median(mine_s)
    name = f"cut of {CUT} incidents, {int(heads.sum())} heads, {len(near)} pairs"
    return {
        f"{name}: faster than pyvroom": Figure(
            value=faster, unit="x", runs=[faster], better="higher", reach=500
        ),
        "cut: empty heads": Figure(
            value=empty, unit="heads", runs=[empty], peers={"pyvroom": unassigned},
            reach=float(unassigned),
        ),
    }  # fmt: skip


def _changes(roster: Roster, router: RoadRouter, played: town.Played) -> dict[str, Figure]:
    """One change planned again, against the cold plan of a planner that knows the roads."""
    now = datetime.now(UTC)
    cold_s, warm_s = [], dict[str, list[float]]()
    for n in range(RUNS):
        planner = Planner(roster=roster, router=router, policy=POLICY, asking=EXACTLY)
        if n == 0:
            planner.plan(played.board, now)  # the roads
            planner = Planner(roster=roster, router=router, policy=POLICY, asking=EXACTLY)
        seconds, plan = _once(lambda p=planner: p.plan(played.board, now))  # type: ignore[misc]
        cold_s.append(seconds)
        assert plan is not None
        for kind, change in (("decline", _decline), ("new incident", _incident), ("road", _road)):
            change(played, plan, now)
            seconds, again = _once(lambda p=planner: p.plan(played.board, now))  # type: ignore[misc]
            assert again is not None
            assert again.gap == 0
            warm_s.setdefault(kind, []).append(seconds)
    cold = {"cold plan, roads known": median_of(cold_s, "s")}
    names = {"decline": "a decline", "new incident": "a new incident with needs",
             "road": "a closed road"}  # fmt: skip
    return cold | {
        f"planned again after {names[kind]}, share of the cold plan": _ratio(runs, cold_s, 0.1)
        for kind, runs in warm_s.items()
    }


def _decline(played: town.Played, plan: Any, now: datetime) -> None:
    first = plan.proposals[len(plan.proposals) // 2]
    offer = act.MakeOffer(need_id=first.need_id, volunteer_ids=(first.volunteer_id,))
    (made,) = played.act(town.COMMANDER, offer, now)
    person = Actor(role=Role.VOLUNTEER, id=str(VolunteerId(first.volunteer_id)))
    no = act.DeclineOffer(offer_id=made.offer_id, reason="BUSY")  # type: ignore[arg-type,union-attr]
    played.act(person, no, now)


def _incident(played: town.Played, plan: Any, now: datetime) -> None:
    board, rng = played.board, np.random.default_rng(board_seed := played.board.seq)
    old = next(iter(board.incidents.values()))
    opened = act.OpenIncident(
        incident_kind="flood", title=f"New {board_seed}", site=old.site, region=old.region,
        severity=old.severity, hazard=old.hazard,
    )  # fmt: skip
    played.act(town.COMMANDER, opened, now)
    incident = list(board.incidents)[-1]
    for skill in ("LOG", "TRAF"):
        played.act(town.COMMANDER, town.need(incident, skill, rng, now), now)


def _road(played: town.Played, plan: Any, now: datetime) -> None:
    lon, lat = -71.25 + 0.001 * (played.board.seq % 7), -29.905
    ring = ((lon, lat), (lon + 0.002, lat), (lon + 0.001, lat + 0.002))
    close = act.DrawZone(
        zone_kind=ZoneKind.CLOSED, name="Road", parts=((ring,),), blocks=(TravelMode.CAR,)
    )
    played.act(town.COMMANDER, close, now)


def _crews() -> dict[str, Figure]:
    nested = [crews.nested_figures(seed) for seed in (1, 2, 3)]
    crossing = crews.crossing_figures(1, cp_sat_s=CP_SAT_S)
    times = [f["times_plain"] for f in nested]
    faster = crossing["cp_sat"]["s"] / crossing["ours_s"]
    return {
        "nested crew rules: times the plain flow": median_of(times, "x", reach=2.0),
        "nested crew rules": median_of(
            [f["ours_s"] for f in nested], "s",
            peers={"HiGHS": statistics.median(f["highs"]["s"] for f in nested)},
        ),
        "nested crew rules: same optimum as HiGHS": _truth(
            all(f["objective_s"] == f["highs"]["objective_s"] and f["gap"] == 0 for f in nested)
        ),
        "crossing crew rules: times the plain flow": Figure(
            value=crossing["times_plain"], unit="x", runs=[crossing["times_plain"]], reach=15
        ),
        "crossing crew rules": Figure(
            value=crossing["ours_s"], unit="s", runs=[crossing["ours_s"]],
            peers={"HiGHS": crossing["highs"]["s"], "CP-SAT (its limit)": crossing["cp_sat"]["s"]},
        ),
        "crossing crew rules: objective, proven": Figure(
            value=crossing["objective_s"], unit="s", runs=[crossing["objective_s"]],
            peers={"HiGHS": crossing["highs"]["objective_s"],
                   "CP-SAT": crossing["cp_sat"]["objective_s"] or 0},
            reach=crossing["bound_s"],
        ),
        "crossing crew rules: faster than CP-SAT": Figure(
            value=faster, unit="x", runs=[faster], better="higher", reach=20
        ),
    }  # fmt: skip


def _city() -> dict[str, Figure]:
    """In a process of its own, so that its memory is its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.city"], capture_output=True, text=True, check=True
    )
    city = json.loads(done.stdout)
    name = f"city, {city['people']:,} people, {city['needs']} needs, {city['heads']} heads"
    return {
        f"{name}: plan": median_of(
            city["ours_s"], "s", peers={"k-d trees and flow": statistics.median(city["peer_s"])}
        ),
        "city: times k-d tree queries and flow": _ratio(city["ours_cpu_s"], city["peer_cpu_s"], 2),
        "city: first plan, trees built": Figure(
            value=city["first_s"], unit="s", runs=[city["first_s"]],
            peers={"the peer's trees": city["peer_trees_s"]},
        ),
        "city: gap": Figure(value=city["gap"], unit="", runs=[city["gap"]], reach=0.0),
        "city: memory": Figure(
            value=city["most_mib"], unit="MiB", runs=[city["most_mib"]], reach=2_048
        ),
    }  # fmt: skip


def _assignments() -> dict[str, Figure]:
    found = assignment.rows()
    return {
        f"assignment instances up to {len(found)}00 x {len(found)}00: exact": _truth(
            all(row["exact"] for row in found)
        )
    }


def _truth(holds: bool) -> Figure:
    return Figure(value=int(holds), unit="yes", runs=[int(holds)], better="higher", reach=1)


def _ratio(ours_s: list[float], theirs_s: list[float], reach: float) -> Figure:
    value = statistics.median(ours_s) / statistics.median(theirs_s)
    return Figure(value=value, unit="x", runs=[value], reach=reach)


def _timed(work: Callable[[], T]) -> tuple[list[float], T]:
    runs = [_once(work) for _ in range(RUNS)]
    return [seconds for seconds, _ in runs], runs[-1][1]


def _once(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds: both sides run on one thread, and the machine may be shared."""
    began = time.process_time()
    made = work()
    return time.process_time() - began, made
