"""Luck belongs to an occasion, is even, and is the same everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.drills.volunteers.luck import Luck


def test_the_same_occasion_is_as_lucky_in_whatever_order_it_is_asked() -> None:
    one, other = Luck("1|17|n"), Luck("1|17|n")
    assert [one.share("yes"), one.share("no")] == [other.share("no"), other.share("yes")][::-1]
    assert one.share("yes") != Luck("2|17|n").share("yes") != Luck("1|18|n").share("yes")


def test_a_known_occasion_has_a_known_number_on_every_machine() -> None:
    assert Luck("seed|person|need").share("yes") == pytest.approx(0.22219356330647455, abs=1e-12)


def test_shares_are_even_and_never_at_the_ends() -> None:
    shares = np.array([Luck(str(n)).share("x") for n in range(20_000)])
    assert 0 < shares.min() < shares.max() < 1
    assert np.histogram(shares, 10, (0, 1))[0] == pytest.approx(2_000, rel=0.1)


def test_a_lognormal_has_its_median_and_spread() -> None:
    drawn = np.array([Luck(str(n)).around("way", 600.0, 0.25) for n in range(20_000)])
    assert np.median(drawn) == pytest.approx(600, rel=0.01)
    assert np.log(drawn).std() == pytest.approx(0.25, rel=0.03)
    assert Luck("1").around("way", 600.0, 0.0) == 600.0
