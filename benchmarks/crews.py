"""Crew rules on a synthetic county: 54,393 people, 200 incidents, 484 needs, about 2,000 heads.

People live and incidents happen around towns; everybody has three of 24 skills and one of three
cover classes, one in eight can lead, two in five are newcomers. A need's candidates are the nearest
eligible people, 20 for every head. `python -m benchmarks.crews` prints the figures.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

import numpy as np
from ortools.math_opt.python import mathopt

from dispatch.matching import match
from dispatch.matching.crews import Classes, Crew, crew_posts
from dispatch.matching.crossing import cross, rules
from dispatch.matching.crossing.program import program_of
from dispatch.matching.crossing.rules import Group, Rule
from dispatch.matching.crossing.solver import model
from dispatch.matching.policy import CrewPolicy, MatchPolicy
from dispatch.matching.problem import Indices, Post, Posts, Problem
from dispatch.model import HazardClass, NeedId, Severity
from dispatch.roster import Floats

T = TypeVar("T")

PEOPLE: Final = 54_393
INCIDENTS: Final = 200
NEEDS: Final = 484
SKILLS: Final = 24
COVERS: Final = 3
NEAREST: Final = 20
TOWNS: Final = 12
COUNTY_KM: Final = 60.0
TOWN_KM: Final = 6.0
SPEED_KMH: Final = 30.0
PEER_S: Final = 60.0

_OPT: Final[Any] = mathopt  # it does not declare what it exports
POLICY: Final = CrewPolicy()


@dataclass(frozen=True, slots=True, eq=False)
class County:
    """The needs without rules; whose incident each is, shape (m,); the people's classes."""

    problem: Problem
    incident: Indices
    classes: Classes


def county(seed: int = 1) -> County:
    """Return the county of this seed."""
    rng = np.random.default_rng(seed)
    towns = rng.uniform(0, COUNTY_KM, (TOWNS, 2))
    homes = _around(towns, PEOPLE, rng)
    skills = rng.integers(0, SKILLS, (PEOPLE, 3))
    cover = rng.integers(0, COVERS, PEOPLE)
    turnout_s = rng.integers(60, 600, PEOPLE)
    sites = _around(towns, INCIDENTS, rng)
    others = rng.integers(0, INCIDENTS, NEEDS - INCIDENTS)
    incident = np.sort(np.append(np.arange(INCIDENTS), others))
    skill, hazard = rng.integers(0, SKILLS, NEEDS), rng.integers(0, COVERS, NEEDS)
    heads = rng.integers(1, 8, NEEDS)
    severity = rng.choice(len(Severity), INCIDENTS)
    rows, etas = [], []
    for j in range(NEEDS):
        able = np.flatnonzero((skills == skill[j]).any(axis=1) & (cover >= hazard[j]))
        far_km = np.hypot(*(homes[able] - sites[incident[j]]).T)
        near = np.sort(np.argsort(far_km, kind="stable")[: NEAREST * heads[j]])
        rows.append(able[near])
        etas.append(np.rint(far_km[near] / SPEED_KMH * 3600).astype(np.int32))
    row, eta_s = np.concatenate(rows), np.concatenate(etas)
    prices = [MatchPolicy().unfilled_s(tuple(Severity)[s]) for s in severity]
    problem = Problem(
        posts=Posts.plain(
            tuple(NeedId(f"n{j:04}") for j in range(NEEDS)),
            np.stack([(heads + 1) // 2, heads // 2, 0 * heads], axis=1),
            np.array(prices, np.int64)[incident],
        ),
        post=np.repeat(np.arange(NEEDS), NEAREST * heads),
        row=row,
        cost_s=(eta_s + turnout_s[row]).astype(np.int64),
        eta_s=eta_s,
    )
    leader = rng.random(PEOPLE) < 1 / 8
    newcomer = (rng.random(PEOPLE) < 2 / 5) & ~leader
    return County(problem, incident, Classes(leader, np.zeros(PEOPLE, np.bool_), newcomer))


def with_posts(at: County) -> Problem:
    """Return the county's problem with a leader and newcomers at most half in every crew."""
    plain = at.problem
    starts = plain.starts()
    crews = [
        crew_posts(
            plain.posts.heads[j],
            Crew(),
            at.classes.only(plain.row[starts[j] : starts[j + 1]]),
            HazardClass.H2,
            POLICY,
        )
        for j in range(NEEDS)
    ]
    pairs = [
        starts[j] + np.flatnonzero(post.enters) for j, crew in enumerate(crews) for post in crew
    ]
    pair = np.concatenate(pairs)
    return Problem(
        posts=_posts(plain, crews),
        post=np.repeat(np.arange(len(pairs)), [len(its) for its in pairs]),
        row=plain.row[pair],
        cost_s=plain.cost_s[pair],
        eta_s=plain.eta_s[pair],
    )


def crossing_rules(at: County, seed: int = 1) -> list[Rule]:
    """Return leaders and newcomers counted per incident, 150 pairs of people kept apart and about
    40 whole squads of three who live near."""
    rng = np.random.default_rng(seed)
    problem = at.problem
    groups = [Group(f"i{k:03}", np.flatnonzero(at.incident == k)) for k in range(INCIDENTS)]
    found = [
        rule
        for group in groups
        for rule in (
            rules.leader(problem, group, at.classes.leader, POLICY),
            rules.newcomers(problem, group, at.classes.newcomer, POLICY),
        )
    ]
    heads = problem.posts.heads.sum(axis=1)
    for k in range(150):
        two = _neighbours(problem, int(rng.integers(NEEDS)), 15, 2, rng)
        found.append(rules.apart(problem, f"a{k:03}", two, at.incident))
    for k, j in enumerate(rng.choice(np.flatnonzero(heads >= 3), 40, replace=False).tolist()):
        found.append(rules.squad(problem, f"s{k:03}", _neighbours(problem, j, 30, 3, rng)))
    return found


def nested_figures(seed: int = 1, runs: int = 5) -> dict[str, Any]:
    """Return seconds of the flow without rules, with them, and of HiGHS with them; reach: 2 x."""
    at = county(seed)
    crews = with_posts(at)
    plain_s, plain = _best(lambda: match(at.problem), runs)
    ours_s, ours = _best(lambda: match(crews), runs)
    return {
        "seed": seed,
        "pairs": len(at.problem.post),
        "plain_s": plain_s,
        "plain_objective_s": plain.objective_s,
        "ours_s": ours_s,
        "times_plain": round(ours_s / plain_s, 2),
        "objective_s": ours.objective_s,
        "gap": ours.gap,
        "empty": int(ours.solution.unfilled.sum()),
        "highs": peer(crews, [], _OPT.SolverType.HIGHS),
    }


def crossing_figures(seed: int = 1, runs: int = 5, cp_sat_s: float = PEER_S) -> dict[str, Any]:
    """Return seconds of the flow without rules and of ours with them, and what HiGHS and CP-SAT
    find in one program over everything; reach: 15 x the flow, a twentieth of CP-SAT's time."""
    at = county(seed)
    plain_s, plain = _best(lambda: match(at.problem), runs)
    making_s, crossing = _best(lambda: crossing_rules(at, seed), 1)
    ours_s, ours = _best(lambda: cross(at.problem, crossing), runs)
    return {
        "seed": seed,
        "rows": sum(len(rule.most) for rule in crossing),
        "plain_s": plain_s,
        "plain_objective_s": plain.objective_s,
        "rules_s": making_s,
        "ours_s": ours_s,
        "times_plain": round(ours_s / plain_s, 2),
        "objective_s": ours.objective_s,
        "bound_s": ours.bound_s,
        "highs": peer(at.problem, crossing, _OPT.SolverType.HIGHS),
        "cp_sat": peer(at.problem, crossing, _OPT.SolverType.CP_SAT, cp_sat_s, threads=2),
    }


def peer(
    problem: Problem, crossing: list[Rule], solver: Any, limit_s: float = PEER_S, **params: Any
) -> dict[str, Any]:
    """Return what a solver finds in the program of everything: seconds with the model's making,
    its objective (None without one) and its bound."""
    started = time.perf_counter()
    flat = program_of(problem, crossing).unpriced()
    rest = flat.rest(np.ones(len(flat.d), np.bool_))
    limits = _OPT.SolveParameters(
        time_limit=timedelta(seconds=limit_s), relative_gap_tolerance=0.0, **params
    )
    found = _OPT.solve(model(rest, whole=True), solver, params=limits)
    taken = time.perf_counter() - started
    there = found.has_primal_feasible_solution()
    return {
        "s": round(taken, 3),
        "ended": found.termination.reason.name,
        "objective_s": rest.base_s + round(found.objective_value()) if there else None,
        "bound_s": rest.base_s + found.best_objective_bound(),
    }


def _around(towns: Floats, number: int, rng: np.random.Generator) -> Floats:
    at: Floats = towns[rng.integers(0, TOWNS, number)] + rng.normal(0, TOWN_KM, (number, 2))
    return at


def _neighbours(
    problem: Problem, j: int, among: int, number: int, rng: np.random.Generator
) -> Indices:
    """The rows of some of a need's cheapest candidates."""
    start, end = problem.starts()[j : j + 2]
    near = start + np.argsort(problem.cost_s[start:end], kind="stable")[:among]
    return np.sort(problem.row[rng.choice(near, min(number, len(near)), replace=False)])


def _posts(plain: Problem, crews: list[tuple[Post, ...]]) -> Posts:
    first = np.cumsum([0, *(len(crew) for crew in crews)])
    sizes = [len(crew) for crew in crews]
    flat = [(k, post) for k, crew in enumerate(crews) for post in crew]
    return Posts(
        need_ids=tuple(plain.posts.need_ids[k] for k, _ in flat),
        kinds=tuple(post.kind for _, post in flat),
        heads=np.array([post.heads for _, post in flat]),
        unfilled_s=np.repeat(plain.posts.unfilled_s, sizes, axis=0),
        falls_to=np.array([first[k] + p.falls_to if p.falls_to >= 0 else -1 for k, p in flat]),
    )


def _best(work: Callable[[], T], runs: int) -> tuple[float, T]:
    """The least seconds of several runs, which is the work without what else the machine does."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        done = work()
        taken.append(time.perf_counter() - started)
    return round(min(taken), 4), done


if __name__ == "__main__":
    shown = {"nested": nested_figures(), "crossing": crossing_figures()}
    sys.stdout.write(json.dumps(shown, indent=2) + "\n")
