from __future__ import annotations

from typing import Any

import pytest

from dispatch.matching.alerting import (
    Broadcast,
    Exactly,
    FixedWaves,
    Nearest,
    ReplaceOnDecline,
)
from tests.matching.alerting.calls import call, ranked

SILENT = (0.4, 60.0, 10.0)
PROMISED = (60.0, 0.9)


def test_waves_come_at_their_time_and_per_open_head() -> None:
    waves = FixedWaves(size=5, every_s=60)
    assert waves.more(call(), ranked(30)) == 5
    assert waves.more(call(waves=1, since_wave_s=59), ranked(30)) == 0
    assert waves.more(call(waves=1, since_wave_s=60), ranked(30)) == 5
    assert waves.more(call(heads=4, promised=[PROMISED]), ranked(30)) == 15
    assert waves.more(call(), ranked(3)) == 3


def test_waves_end_when_every_head_is_promised() -> None:
    assert not FixedWaves(size=5, every_s=60).due(call(promised=[PROMISED]))


def test_who_declines_is_replaced_at_once_and_silence_is_not() -> None:
    replace = ReplaceOnDecline(size=3)
    assert replace.more(call(), ranked(30)) == 3
    assert replace.more(call(silent=[SILENT] * 3, waves=1), ranked(30)) == 0
    assert replace.more(call(silent=[SILENT] * 2, declined=1, waves=1), ranked(30)) == 1
    assert replace.more(call(expired=3, waves=1), ranked(30)) == 0
    assert replace.more(call(heads=2, silent=[SILENT] * 4, declined=3), ranked(30)) == 2


def test_after_enough_promises_only_the_stubborn_replace() -> None:
    filled = call(promised=[PROMISED], silent=[SILENT], declined=1)
    assert ReplaceOnDecline(size=3).more(filled, ranked(30)) == 0
    assert ReplaceOnDecline(size=3, stop_at_accept=False).more(filled, ranked(30)) == 1


def test_the_nearest_are_asked_once() -> None:
    assert Nearest(size=3).more(call(heads=2), ranked(30)) == 6
    assert Nearest(size=3).more(call(declined=3, waves=1, since_wave_s=900), ranked(30)) == 0


def test_a_broadcast_asks_everybody_once() -> None:
    assert Broadcast().more(call(), ranked(30)) == 30
    assert Broadcast().more(call(declined=30, waves=1), ranked(5)) == 0


def test_exactly_asks_one_per_head_left() -> None:
    assert Exactly().more(call(heads=4), ranked(30)) == 4
    waiting = call(heads=4, silent=[SILENT, SILENT], promised=[PROMISED], declined=7, expired=1)
    assert Exactly().more(waiting, ranked(30)) == 1
    enough = call(heads=1, silent=[SILENT])
    assert Exactly().more(enough, ranked(30)) == 0
    assert (Exactly().due(waiting), Exactly().due(enough)) == (True, False)


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        (FixedWaves, {"size": 0, "every_s": 60}, "size must be 1 or more"),
        (FixedWaves, {"size": 1, "every_s": 0}, "every_s must be positive"),
        (ReplaceOnDecline, {"size": -1}, "size must be 1 or more"),
        (Nearest, {"size": 0}, "size must be 1 or more"),
        (Nearest, {"size": 1, "version": 0}, "version must be 1 or more"),
        (Broadcast, {"version": 0}, "version must be 1 or more"),
        (Exactly, {"version": 0}, "version must be 1 or more"),
    ],
)
def test_a_wrong_figure_is_named(kind: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        kind(**wrong)
