"""The exact solver: one min-cost flow over all posts at once.

    source --quota, 0; then price--> reserve group --1--> person
    source --1, 0--> person who is in no group
    source or group --1, cost--> post, for a person with no other pair
    person --1, cost--> post --0--> the wider post it falls to --price of a stand-in--> post
    source --empty heads of a tier, price--> post --> demand: its open heads

The empty-head arcs make a shortfall a result instead of an infeasibility. Empty heads of a higher
tier are never dearer than those below it, so the flow leaves those empty first. A person enters at
the most special post that admits them and may flow on to wider ones, which is how crew rules that
nest stay inside the flow: "one leader among eight" is "at most seven who are not" (a laminar
family of capacities; e.g. Schrijver 2003, ch. 37).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from dispatch.errors import SolverFailed
from dispatch.matching.cost import Seconds
from dispatch.matching.problem import TIERS, Indices, Problem, Solution


def solve(problem: Problem) -> Solution:
    """Return a cheapest solution of `problem`.

    Of equally cheap ones always the same: people without pairs are left out and arcs go in by
    (post, row), since the solver's choice among equals depends on their order. Who has one pair
    needs no node, which saves a third of the time.

    Raises:
        SolverFailed: the solver does not call its result optimal.
    """
    posts = problem.posts
    m, p = len(posts), len(problem.post)
    alone = np.bincount(problem.row)[problem.row] == 1
    people, person = np.unique(problem.row[~alone], return_inverse=True)
    groups = 0 if problem.reserve is None else len(problem.reserve.quota)
    source = m + len(people) + groups
    tails = _origins(problem, problem.row, m + len(people), source)
    tails[~alone] = m + person
    graph: Any = SimpleMinCostFlow()  # its stubs take an array's shape for its dtype
    _add(graph, tails, problem.post, np.ones(p, np.int64), problem.cost_s)
    at = np.repeat(np.arange(m), TIERS)
    _add(graph, np.full(len(at), source), at, posts.heads.ravel(), posts.unfilled_s.ravel())
    demand = posts.heads.sum(axis=1)
    special = np.flatnonzero(posts.falls_to >= 0)
    everybody = np.full(len(special), p)
    _add(graph, special, posts.falls_to[special], everybody, 0 * everybody)
    if posts.stand_in_s is not None:
        _add(graph, posts.falls_to[special], special, everybody, posts.stand_in_s[special])
    _add_people(graph, problem, people, source)
    graph.set_nodes_supplies(
        np.append(np.arange(m), source).astype(np.int32), np.append(-demand, demand.sum())
    )
    status = graph.solve()
    if status != graph.OPTIMAL:
        raise SolverFailed(f"min-cost flow of {m} posts and {p} pairs ended {status.name}")
    flows = np.asarray(graph.flows(np.arange(p + m * TIERS, dtype=np.int32)), np.int64)
    return Solution(
        chosen=np.flatnonzero(flows[:p]),
        unfilled=flows[p:].reshape(m, TIERS),
        objective_s=int(graph.optimal_cost()),
    )


def _add_people(graph: Any, problem: Problem, people: Indices, source: int) -> None:
    """Everybody is used once at most; who belongs to a reserve group comes through its quota."""
    m, n, reserve = len(problem.posts), len(people), problem.reserve
    ones = np.ones(n, np.int64)
    _add(graph, _origins(problem, people, m + n, source), m + np.arange(n), ones, 0 * ones)
    if reserve is None:
        return
    nodes = m + n + np.arange(len(reserve.quota))
    sources = np.full(len(nodes), source)
    _add(graph, sources, nodes, reserve.quota, 0 * reserve.quota)
    everybody = np.full(len(nodes), len(problem.post))
    _add(graph, sources, nodes, everybody, np.full(len(nodes), reserve.price_s))


def _origins(problem: Problem, rows: Indices, first_group: int, source: int) -> Indices:
    """The node from which each of these people comes: their reserve group's, or the source."""
    if problem.reserve is None:
        return np.full(len(rows), source)
    group = problem.reserve.group[rows].astype(np.intp)
    return np.where(group < 0, source, first_group + group)


def _add(
    graph: Any,
    tails: Indices,
    heads: Indices,
    capacities: Seconds,
    costs: Seconds,
) -> None:
    graph.add_arcs_with_capacity_and_unit_cost(
        tails.astype(np.int32),
        heads.astype(np.int32),
        capacities.astype(np.int64),
        costs.astype(np.int64),
    )
