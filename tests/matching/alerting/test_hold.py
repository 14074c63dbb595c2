from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.matching.alerting import Call, FixedWaves, Hold, Ranked, Silent, fill, stays_idle
from dispatch.matching.alerting.call import chance_in_time, fill_late
from tests.matching.alerting.calls import call, calls, ranked, rankings

HOLD = Hold(rho=0.0)
SILENT = (0.4, 60.0, 0.0)

policies = st.builds(
    Hold, q=st.floats(0.6, 0.99), late_q=st.floats(0.1, 0.6), rho=st.sampled_from([0.0, 0.05])
)


def asking(now: Call, people: Ranked, k: int) -> Call:
    """The call right after the first `k` were asked."""
    return Call(
        heads=now.heads,
        left_s=now.left_s,
        law=now.law,
        silent=Silent(
            np.append(now.silent.p, people.p[:k]),
            np.append(now.silent.travel_s, people.travel_s[:k]),
            np.append(now.silent.waited_s, np.zeros(k)),
        ),
        promised=now.promised,
        show_up=now.show_up,
    )


@settings(deadline=None, max_examples=400)
@given(policies, calls, rankings)
def test_it_asks_the_fewest_that_bring_the_probability_to_its_dial(
    hold: Hold, now: Call, people: Ranked
) -> None:
    k = hold.more(now, people)
    can = np.flatnonzero(chance_in_time(now, people) >= hold.least_p)
    held, dial, most = (
        (fill, hold.q, can[-1] + 1) if can.size else (fill_late, hold.late_q, len(people))
    )
    assert k <= most
    if k:
        assert held(asking(now, people, k - 1), rho=hold.rho) < dial
    if k < most and hold.due(now):
        assert held(asking(now, people, k), rho=hold.rho) >= dial - 1e-8


def test_one_head_far_from_its_deadline() -> None:
    # 1 - (1 - 0.36)^k reaches 0.9 at 6.
    assert HOLD.more(call(left_s=6_000), ranked(30)) == 6


def test_a_higher_dial_more_heads_and_correlation_ask_more() -> None:
    size = HOLD.more(call(heads=2), ranked(60))
    assert Hold(q=0.95, rho=0.0).more(call(heads=2), ranked(60)) > size
    assert HOLD.more(call(heads=3), ranked(60)) > size
    assert Hold(q=0.9, rho=0.1).more(call(heads=2), ranked(60)) > size


def test_right_after_a_wave_nobody_is_asked_and_a_decline_is_replaced() -> None:
    asked = call(silent=[SILENT] * 6, waves=1, since_wave_s=5)
    assert HOLD.more(asked, ranked(30)) == 0
    declined = call(silent=[SILENT] * 5, declined=1, waves=1, since_wave_s=5)
    assert HOLD.more(declined, ranked(30)) == 1


def test_silence_fades_until_more_are_asked() -> None:
    def sizes(waited_s: float) -> int:
        silent = [(0.4, 60.0, waited_s)] * 6
        now = call(silent=silent, left_s=6_000, waves=1, since_wave_s=waited_s)
        return HOLD.more(now, ranked(30))

    found = [sizes(w) for w in (10, 30, 60, 90, 300)]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (0, 6)


def test_an_accept_in_time_ends_it_at_the_dial_of_showing_up() -> None:
    accepted = call(promised=[(100, 0.9)], waves=1, since_wave_s=30)
    assert not Hold(q=0.9).due(accepted)
    assert Hold(q=0.95).due(accepted)


def test_an_accept_too_late_does_not_end_it_while_others_can_make_it() -> None:
    late = call(promised=[(900, 1.0)], waves=1, since_wave_s=30)
    assert HOLD.more(late, ranked(30)) > 0


def test_when_nobody_can_make_it_somebody_still_comes() -> None:
    # 1 - (1 - 0.36)^k reaches 0.6 at 3.
    assert HOLD.more(call(left_s=60), ranked(30, travel_s=120)) == 3
    assert HOLD.more(call(left_s=-900), ranked(30)) == 3
    promised = call(left_s=60, promised=[(300, 0.9)])
    assert HOLD.more(promised, ranked(30, travel_s=120)) == 0


def test_nobody_is_asked_without_a_real_chance_while_others_have_one() -> None:
    few_near = Ranked(np.full(10, 0.4), np.array([60.0, 60.0] + [580.0] * 8))
    assert HOLD.more(call(heads=2), few_near) == 2


def test_between_beats_it_rests() -> None:
    assert not HOLD.due(call(waves=1, since_wave_s=4.9))
    assert HOLD.due(call(waves=1, since_wave_s=5.0))
    assert HOLD.due(call(waves=0))


def test_after_the_deadline_it_is_due_only_while_the_late_dial_lies_below() -> None:
    assert HOLD.due(call(left_s=-60))
    assert not HOLD.due(call(left_s=-60, promised=[(300, 0.9)]))


def test_what_is_held_now_and_later_stays_idle_between() -> None:
    sure = call(promised=[(60, 0.95)])
    assert HOLD.stays_idle(sure, sure)
    assert stays_idle(HOLD, sure, sure)
    assert not HOLD.stays_idle(sure, call(left_s=200))
    # Nobody next door could answer in time any more, but the late dial is held.
    late = call(left_s=-60, promised=[(300, 0.9)])
    assert HOLD.stays_idle(late, late)
    # In time when it began, so it may have been due before the deadline passed.
    assert not HOLD.stays_idle(call(left_s=200, promised=[(300, 0.9)]), late)


def test_others_are_idle_until_they_are_due() -> None:
    waves = FixedWaves(size=2, every_s=60.0)
    young, old = (replace(call(), waves=1, since_wave_s=s) for s in (30.0, 90.0))
    assert stays_idle(waves, young, young)
    assert not stays_idle(waves, young, old)


@settings(deadline=None)
@given(policies, calls, rankings)
def test_who_is_not_due_asks_nobody(hold: Hold, now: Call, people: Ranked) -> None:
    assert hold.due(now) or hold.more(now, people) == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"q": 1.0}, "q must be above 0 and below 1"),
        ({"late_q": 0.95}, "late_q must be above 0 and at most q"),
        ({"rho": 0.5}, r"rho must be in 0\.\.0\.3"),
        ({"beat_s": 0.0}, "beat_s must be positive"),
        ({"least_p": 0.0}, "least_p must be above 0"),
        ({"version": 0}, "version must be 1 or more"),
    ],
)
def test_a_wrong_figure_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Hold(**wrong)
