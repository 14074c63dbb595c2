from __future__ import annotations

from typing import Any

import pytest

from dispatch.matching.alerting import Growth, Limits


def test_each_wave_looks_further_and_a_level_higher() -> None:
    found = [Growth().limits(wave) for wave in range(4)]
    assert found == [Limits(600, 0), Limits(1_020, 1), Limits(1_734, 2), Limits(2_948, 3)]


def test_growth_ends_at_two_days_and_the_highest_level() -> None:
    assert Growth().limits(10_000) == Limits(172_800, 3)


def test_without_growth_all_waves_look_alike() -> None:
    still = Growth(factor=1, levels_per_wave=0)
    assert still.limits(9) == still.limits(0) == Limits(600, 0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"eta_s": 0}, "growth.eta_s must be in 1"),
        ({"factor": 0.9}, "growth.factor must be 1 or more"),
        ({"factor": float("inf")}, "growth.factor must be 1 or more and finite"),
        ({"levels_per_wave": -1}, "growth.levels_per_wave is negative"),
        ({"levels_max": -1}, "growth.levels_max is negative"),
    ],
)
def test_a_wrong_figure_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Growth(**wrong)
