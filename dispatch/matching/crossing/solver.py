"""The bridge to OR-Tools MathOpt: one small program, solved whole or relaxed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.math_opt.solvers import highs_pb2

from dispatch.matching.cost import Seconds
from dispatch.matching.crossing.program import Rest
from dispatch.roster import Floats

_OPT: Final[Any] = mathopt  # it does not declare what it exports
_NONZERO: Final = _OPT.ModelSolveParameters(
    variable_values_filter=_OPT.VariableFilter(skip_zero_values=True),
    dual_values_filter=_OPT.LinearConstraintFilter(skip_zero_values=True),
    reduced_costs_filter=_OPT.VariableFilter(filtered_items=()),
)
"""What comes back from a solver: most of its answer is zeros."""

_PRECISE: Final = highs_pb2.HighsOptionsProto(
    double_options={"mip_feasibility_tolerance": 1e-9, "primal_feasibility_tolerance": 1e-9}
)
"""A millionth of a head may cost minutes."""

_ONCE: Final = 20
"""Nodes of the first search, over everything at once."""

_WHOLE: Final = 0.5
"""Costs are whole seconds: a bound closer than this is met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long to search: `nodes` of the search tree and simplex `steps` of the relaxation, which
    are the same on every machine, and seconds of each solver call as an outer guard.

    Raises:
        ValueError: a limit is negative.
    """

    nodes: int = 5_000
    steps: int = 1_000_000
    guard_s: float = 60.0

    def __post_init__(self) -> None:
        if min(self.nodes, self.steps, self.guard_s) < 0:
            raise ValueError(f"limits cannot be negative: {self}")


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """Values of the columns and prices of the rows when people may be split, and the cost."""

    values: Floats
    prices: Floats
    cost_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Whole values of the columns, None if none were found; what no solution can cost less than,
    on top of the base; and whether the search was complete. Complete without values is
    impossible."""

    values: Seconds | None
    bound_s: float
    complete: bool


def relaxed(rest: Rest, effort: Effort) -> Relaxed | None:
    """Return the cheapest solution in parts of people, or None if the effort did not suffice."""
    params = _OPT.SolveParameters(
        lp_algorithm=_OPT.LPAlgorithm.DUAL_SIMPLEX,
        iteration_limit=effort.steps,
        time_limit=timedelta(seconds=effort.guard_s),
    )
    result = _OPT.solve(
        model(rest, whole=False), _OPT.SolverType.GLOP, params=params, model_params=_NONZERO
    )
    if result.termination.reason is not _OPT.TerminationReason.OPTIMAL:
        return None
    return Relaxed(
        values=_array(result.variable_values(), len(rest.columns)),
        prices=_array(result.dual_values(), len(rest.rows)),
        cost_s=result.objective_value(),
    )


def settled(rest: Rest, effort: Effort) -> Settled:
    """Return the cheapest solution in whole people, or what the effort brought.

    At first all at once, which mostly needs no search. Then part by part: nodes of a search
    multiply over parts that have nothing to do with each other.
    """
    once = _searched(rest, min(effort.nodes, _ONCE), effort.guard_s)
    if once.complete or effort.nodes <= _ONCE:
        return once
    parts = rest.parts()
    found = [_searched(part, effort.nodes, effort.guard_s / len(parts)) for part in parts]
    values = np.zeros(len(rest.columns), np.int64) if once.values is None else once.values.copy()
    for part, its in zip(parts, found, strict=True):
        if its.values is not None:
            values[part.columns] = its.values
    known = once.values is not None or all(its.values is not None for its in found)
    return Settled(
        values=values if known else None,
        bound_s=max(once.bound_s, sum(its.bound_s for its in found)),
        complete=all(its.complete for its in found),
    )


def _searched(rest: Rest, nodes: int, guard_s: float) -> Settled:
    """By HiGHS, which runs in one thread here."""
    params = _OPT.SolveParameters(
        node_limit=nodes,
        time_limit=timedelta(seconds=guard_s),
        relative_gap_tolerance=0.0,
        absolute_gap_tolerance=_WHOLE,
        random_seed=0,
        highs=_PRECISE,
    )
    result = _OPT.solve(
        model(rest, whole=True), _OPT.SolverType.HIGHS, params=params, model_params=_NONZERO
    )
    reason = result.termination.reason
    values = None
    if result.has_primal_feasible_solution():
        values = np.rint(_array(result.variable_values(), len(rest.columns))).astype(np.int64)
    bound_s = result.termination.objective_bounds.dual_bound
    complete = reason in (_OPT.TerminationReason.OPTIMAL, _OPT.TerminationReason.INFEASIBLE)
    return Settled(values, bound_s, complete)


def _array(nonzero: Mapping[Any, float], size: int) -> Floats:
    whole = np.zeros(size)
    whole[[key.id for key in nonzero]] = list(nonzero.values())
    return whole


def model(rest: Rest, *, whole: bool) -> Any:
    """Return the MathOpt model of `rest`, less its base; `whole` forbids to split people."""
    columns, rows = range(len(rest.columns)), range(len(rest.rows))
    proto = model_pb2.ModelProto()
    variables, constraints = proto.variables, proto.linear_constraints
    variables.ids.extend(columns)
    variables.lower_bounds.extend([0.0] * len(columns))
    variables.upper_bounds.extend(rest.upper.astype(np.float64).tolist())
    variables.integers.extend([whole] * len(columns))
    proto.objective.linear_coefficients.ids.extend(columns)
    proto.objective.linear_coefficients.values.extend(rest.cost.astype(np.float64).tolist())
    constraints.ids.extend(rows)
    constraints.lower_bounds.extend(rest.least.tolist())
    constraints.upper_bounds.extend(rest.most.tolist())
    matrix = rest.matrix.tocsr().sorted_indices()
    entries = proto.linear_constraint_matrix
    entries.row_ids.extend(np.repeat(rows, np.diff(matrix.indptr)).tolist())
    entries.column_ids.extend(matrix.indices.tolist())
    entries.coefficients.extend(matrix.data.astype(np.float64).tolist())
    return _OPT.Model.from_model_proto(proto)
