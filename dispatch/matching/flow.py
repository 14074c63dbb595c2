"""The exact solver: one min-cost flow over all needs at once.

    source --1, 0--> person --1, cost--> need --> demand: its open heads
    source --empty heads of a tier, price--> need

The second kind of arc makes a shortfall a result instead of an infeasibility. Empty heads above
the minimum are never dearer than those below it, so the flow leaves those empty first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from dispatch.errors import SolverFailed
from dispatch.matching.cost import Seconds
from dispatch.matching.problem import Indices, Problem, Solution


def solve(problem: Problem) -> Solution:
    """Return a cheapest solution of `problem`.

    Of equally cheap ones always the same: people without pairs are left out and arcs go in by
    (need, row), since the solver's choice among equals depends on their order.

    Raises:
        SolverFailed: the solver does not call its result optimal.
    """
    m, p = len(problem.need_ids), len(problem.need)
    people, person = np.unique(problem.row, return_inverse=True)
    needs = np.arange(m)
    source = m + len(people)
    graph: Any = SimpleMinCostFlow()  # its stubs take an array's shape for its dtype
    _add(graph, m + person, problem.need, np.ones(p, np.int64), problem.cost_s)
    _add(
        graph,
        np.full(2 * m, source),
        np.repeat(needs, 2),
        problem.heads.ravel(),
        problem.unfilled_s.ravel(),
    )
    ones = np.ones(len(people), np.int64)
    _add(graph, np.full(len(people), source), m + np.arange(len(people)), ones, 0 * ones)
    demand = problem.heads.sum(axis=1)
    graph.set_nodes_supplies(
        np.append(needs, source).astype(np.int32), np.append(-demand, demand.sum())
    )
    status = graph.solve()
    if status != graph.OPTIMAL:
        raise SolverFailed(f"min-cost flow of {m} needs and {p} pairs ended {status.name}")
    flows = np.asarray(graph.flows(np.arange(p + 2 * m, dtype=np.int32)), np.int64)
    return Solution(
        chosen=np.flatnonzero(flows[:p]),
        unfilled=flows[p:].reshape(m, 2),
        objective_s=int(graph.optimal_cost()),
    )


def _add(
    graph: Any,
    tails: Indices,
    heads: Indices,
    capacities: Seconds,
    costs: Seconds,
) -> None:
    graph.add_arcs_with_capacity_and_unit_cost(
        tails.astype(np.int32), heads.astype(np.int32), capacities, costs
    )
