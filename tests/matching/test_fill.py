from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom

from dispatch.matching.fill import NOBODY, at_least, enough, smallest_n
from dispatch.roster import Floats

QS = (0.80, 0.90, 0.95)

PS = (0.17, 0.25, 0.36, 0.47, 0.60)

# Heads wanted: for each chance in PS, how many to ask for each q in QS.
INDEPENDENT = {
    1: "9/13/17  6/9/11  4/6/7  3/4/5  2/3/4",
    2: "17/22/26  11/15/18  8/10/12  6/7/9  4/5/6",
    4: "32/38/44  21/25/29  14/17/19  11/13/14  8/9/11",
    6: "46/53/59  31/35/40  21/24/27  16/18/20  12/13/15",
    10: "72/81/89  49/55/60  33/37/40  25/28/30  19/21/23",
    20: "137/149/160  93/100/107  64/69/73  48/52/55  37/40/42",
}

RHOS = (0.0, 0.02, 0.05, 0.1)
CORRELATED = {
    (4, 0.36): (19, 22, 26, 35),
    (10, 0.36): (40, 47, 58, 82),
    (10, 0.25): (60, 75, 101, 171),
}

chances = st.lists(st.floats(0, 1), max_size=7).map(np.array)
some_rho = st.sampled_from([0.0, 0.01, 0.05, 0.1, 0.2])


@pytest.mark.parametrize("heads", INDEPENDENT)
def test_how_many_to_ask_when_answers_are_independent(heads: int) -> None:
    found = ["/".join(str(smallest_n(heads, p, q)) for q in QS) for p in PS]
    assert found == INDEPENDENT[heads].split()


@pytest.mark.parametrize(("heads", "p"), CORRELATED)
def test_how_many_to_ask_when_answers_go_together(heads: int, p: float) -> None:
    found = tuple(smallest_n(heads, p, 0.95, rho=rho) for rho in RHOS)
    assert found == CORRELATED[heads, p]


def enumerated(heads: int, p: Floats) -> float:
    """Add up the probability of every combination of those who come."""
    return sum(
        float(np.prod(np.where(come, p, 1 - p)))
        for come in product((False, True), repeat=len(p))
        if sum(come) >= heads
    )


@settings(deadline=None)
@given(st.integers(0, 8), chances, chances)
def test_it_agrees_with_counting_every_outcome(heads: int, p: Floats, sure: Floats) -> None:
    everybody = np.concatenate([p, sure])
    assert at_least(heads, p, sure=sure) == pytest.approx(enumerated(heads, everybody), abs=1e-12)


@pytest.mark.parametrize("rho", [0.02, 0.05, 0.1])
@pytest.mark.parametrize(("p", "off"), [(0.36, 1e-8), (0.17, 1e-8), (0.3607, 2e-5), (0.0123, 2e-5)])
@pytest.mark.parametrize(("n", "heads"), [(5, 1), (26, 4), (58, 10), (171, 20)])
def test_equal_chances_give_the_beta_binomial_law(
    n: int, heads: int, p: float, off: float, rho: float
) -> None:
    s = (1 - rho) / rho
    exact = betabinom.sf(heads - 1, n, p * s, (1 - p) * s)
    assert at_least(heads, np.full(n, p), rho=rho) == pytest.approx(exact, abs=off)


@settings(deadline=None)
@given(chances, some_rho)
def test_correlation_moves_nobodys_mean(p: Floats, rho: float) -> None:
    expected = sum(at_least(m, p, rho=rho) for m in range(1, len(p) + 1))
    assert expected == pytest.approx(p.sum(), abs=1e-3)


@pytest.mark.parametrize("rho", [0.02, 0.1, 0.2])
@pytest.mark.parametrize("p", [0.1, 0.36, 0.8])
def test_two_alike_answer_with_the_correlation_asked_for(p: float, rho: float) -> None:
    both = at_least(2, np.array([p, p]), rho=rho)
    assert (both - p * p) / (p * (1 - p)) == pytest.approx(rho, abs=1e-3)


def test_the_unlike_go_together_too() -> None:
    p = np.array([0.2, 0.6])
    assert at_least(2, p, rho=0.1) > at_least(2, p) + 0.01


def test_who_has_promised_does_not_hang_together_with_the_others() -> None:
    half = np.array([0.5, 0.5])
    assert at_least(1, NOBODY, rho=0.2, sure=half) == pytest.approx(0.75, abs=1e-12)
    assert at_least(1, half, rho=0.2) < 0.74


@settings(deadline=None)
@given(st.integers(0, 6), chances, st.floats(0, 1), some_rho)
def test_asking_one_more_never_hurts(heads: int, p: Floats, one: float, rho: float) -> None:
    assert at_least(heads, np.append(p, one), rho=rho) >= at_least(heads, p, rho=rho) - 1e-12


@settings(deadline=None)
@given(
    heads=st.integers(0, 4),
    q=st.floats(0.05, 0.99),
    more=chances,
    asked=chances,
    sure=chances,
    rho=some_rho,
)
def test_enough_is_the_first_prefix_that_reaches_q(
    heads: int, q: float, more: Floats, asked: Floats, sure: Floats, rho: float
) -> None:
    def with_first(k: int) -> float:
        return at_least(heads, np.concatenate([asked, more[:k]]), rho=rho, sure=sure)

    reaching = (k for k in range(len(more) + 1) if with_first(k) >= q - 1e-9)
    assert enough(heads, q, more, rho=rho, asked=asked, sure=sure) == next(reaching, None)


def test_the_certain_stay_certain() -> None:
    p = np.array([1.0, 0.0, 1.0])
    assert at_least(2, p, rho=0.1) == pytest.approx(1, abs=1e-12)
    assert at_least(3, p, rho=0.1) == 0


def test_nobody_wanted_is_always_there() -> None:
    assert at_least(0, NOBODY) == 1
    assert enough(0, 0.99, np.array([0.5])) == 0


def test_no_number_is_enough_of_those_who_never_come() -> None:
    assert smallest_n(1, 0.0, 0.5) is None
    assert enough(3, 0.5, np.array([1.0, 1.0])) is None


def test_large_numbers_stay_exact() -> None:
    assert at_least(500, np.full(1_000, 0.5)) == pytest.approx(0.5126, abs=1e-4)


@pytest.mark.parametrize("q", [0.0, 1.0, 1.5, float("nan")])
def test_a_probability_that_cannot_be_held_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="q must be above 0 and below 1"):
        enough(1, q, np.array([0.5]))


@pytest.mark.parametrize("rho", [-0.1, 0.31, float("nan")])
def test_a_correlation_out_of_range_is_refused(rho: float) -> None:
    with pytest.raises(ValueError, match=r"rho must be in 0\.\.0\.3"):
        at_least(1, np.array([0.5]), rho=rho)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_chance_out_of_range_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match=r"chances must be in 0\.\.1"):
        at_least(1, np.array([p]))


def test_negative_heads_are_refused() -> None:
    with pytest.raises(ValueError, match="heads must not be negative"):
        at_least(-1, np.array([0.5]))
