"""The program's bounds hold for any prices, and what is left of it is the same problem."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.matching import match
from dispatch.matching.crossing.program import program_of
from dispatch.matching.crossing.solver import Effort, settled
from tests.matching.crossing.judges import Case, best, cases, crowded


@settings(deadline=None)
@given(cases(), st.integers(0, 2**32 - 1))
def test_no_prices_give_a_bound_above_the_optimum(case: Case, seed: int) -> None:
    program = program_of(case.problem, case.rules)
    rng = np.random.default_rng(seed)
    scale = rng.choice([10, 1_000, 10**9], len(program.rhs))
    assert program.at(rng.integers(-scale, scale + 1)).bound_s <= best(case)


@settings(deadline=None)
@given(cases(most=0))
def test_the_flows_prices_prove_the_flow(case: Case) -> None:
    plain = match(case.problem)
    priced = program_of(case.problem, ()).priced(plain.prices)
    assert priced.bound_s == plain.objective_s
    assert priced.prices.group_s.tolist() == plain.prices.group_s.tolist()


@settings(deadline=None)
@given(cases(), st.integers(0, 2**32 - 1))
def test_with_every_column_left_nothing_is_lost_at_any_prices(case: Case, seed: int) -> None:
    program = program_of(case.problem, case.rules)
    y = np.random.default_rng(seed).integers(-1_000, 1_000, len(program.rhs))
    rest = program.at(y).rest(np.ones(len(program.cost), np.bool_))
    answer = settled(rest, Effort())
    assert answer.values is not None
    assert rest.base_s + int(rest.cost @ answer.values) == best(case)


@settings(deadline=None)
@given(cases(), st.integers(1, 500))
def test_moving_a_settled_column_costs_what_it_is_said_to_cost(case: Case, within: int) -> None:
    program = program_of(case.problem, case.rules)
    priced = program.priced(match(case.problem).prices)
    rest = priced.rest(priced.within(within))
    answer = settled(rest, Effort())
    found = np.inf if answer.values is None else rest.base_s + int(rest.cost @ answer.values)
    assert min(found, priced.bound_s + within) <= best(case) <= found


def test_no_row_goes_beyond_what_it_costs_to_break_it() -> None:
    case = crowded(0)
    program = program_of(case.problem, case.rules)
    priced = program.at(np.full(len(program.rhs), -(2**50)))
    assert (priced.y >= -program.dearest).all()


def test_parts_are_the_whole() -> None:
    case = crowded(0)
    priced = program_of(case.problem, ()).priced(match(case.problem).prices)
    rest = priced.rest(priced.within(1))
    parts = rest.parts()
    assert len(parts) > 1
    assert sorted(np.concatenate([p.columns for p in parts])) == list(range(len(rest.columns)))
    assert sorted(np.concatenate([p.rows for p in parts])) == list(range(len(rest.rows)))
    assert sum(p.matrix.nnz for p in parts) == rest.matrix.nnz


def test_nearest_is_how_far_so_many_pairs_are() -> None:
    case = crowded(0)
    priced = program_of(case.problem, case.rules).priced(match(case.problem).prices)
    d = priced.d[: len(case.problem.post)]
    assert (d < priced.nearest(20)).sum() >= 20 > (d < priced.nearest(20) - 1).sum()
    assert priced.nearest(10**9) == d.max() + 1
