from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dispatch.matching.reasons import (
    BIT,
    REASONS,
    first_reason,
    flag,
    reasons_of,
    tally_first,
    tally_single,
    union,
)
from dispatch.model import Reason

some = st.frozensets(st.sampled_from(REASONS))


def test_every_reason_has_its_own_bit_in_the_order_of_the_rules() -> None:
    assert [int(BIT[r]) for r in Reason] == [1 << i for i in range(len(Reason))]


@given(some)
def test_bits_and_reasons_are_the_same_thing(reasons: frozenset[Reason]) -> None:
    ordered = tuple(sorted(reasons, key=REASONS.index))
    assert reasons_of(union(*reasons)) == ordered
    assert first_reason(union(*reasons)) == (ordered[0] if ordered else None)


def test_flag_marks_the_stopped() -> None:
    bits = flag(np.array([True, False]), Reason.COVER)
    assert bits.dtype == np.uint32
    assert [reasons_of(b) for b in bits] == [(Reason.COVER,), ()]


@given(st.lists(some))
def test_tallies_count_people_as_a_plain_loop_does(people: list[frozenset[Reason]]) -> None:
    bits = np.array([union(*p) for p in people], np.uint32)
    first = [min(p, key=REASONS.index) for p in people if p]
    single = [next(iter(p)) for p in people if len(p) == 1]
    assert tally_first(bits) == {r: first.count(r) for r in REASONS if r in first}
    assert tally_single(bits) == {r: single.count(r) for r in REASONS if r in single}
