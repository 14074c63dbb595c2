"""What was missed: exactly that, or None."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.alerts.history import History
from dispatch.board import Key


def key(n: int) -> Key:
    return ("entry", n)


def test_nothing_known_and_nothing_missed() -> None:
    history = History()
    assert history.since(0, 0) == {}
    assert history.since(7, 7) == {}
    assert history.since(6, 7) is None
    assert history.since(8, 7) is None


@given(st.lists(st.integers(1, 5), min_size=1, max_size=30), st.integers(1, 10), st.data())
def test_all_that_was_touched_after_a_seq(
    sizes: list[int], batches: int, data: st.DataObject
) -> None:
    """Batches of several events; what is known must cover all that is asked for."""
    history, head, at = History(batches), 0, {}
    for number, size in enumerate(sizes):
        head += size
        at[head] = key(number)
        history.add(head, [key(number)])
    seq = data.draw(st.integers(0, head))
    found = history.since(seq, head)
    missed = {k for upto, k in at.items() if upto > seq}
    if found is not None:
        assert set(found) == missed
    else:
        assert seq < sorted(at)[-batches:][0] - 1


def test_too_much_to_be_worth_it() -> None:
    history = History()
    history.add(1, [key(n) for n in range(10)])
    history.add(2, [key(n) for n in range(3)])
    assert history.since(0, 2, most=12) is None
    assert history.since(1, 2, most=3) == dict.fromkeys(key(n) for n in range(3))
    assert history.since(1, 2, most=2) is None


@pytest.mark.parametrize("seq", [1, 2])
def test_the_same_key_once_in_the_order_of_touching(seq: int) -> None:
    history = History()
    for n, keys in enumerate(([1], [2, 1], [3, 2]), start=1):
        history.add(n, map(key, keys))
    expected = {1: [2, 1, 3], 2: [3, 2]}[seq]
    assert list(history.since(seq, 3) or ()) == [key(n) for n in expected]
