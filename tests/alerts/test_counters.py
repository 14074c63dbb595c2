"""What the gateway counts about itself."""

from __future__ import annotations

from dispatch.alerts.counters import Counters


def test_each_gateway_counts_for_itself() -> None:
    one, other = Counters(), Counters()
    one.waited_s.add(0.02)
    one.closed[1013] += 1
    assert (sum(one.waited_s.counts), one.closed.total()) == (1, 1)
    assert (sum(other.waited_s.counts), other.closed.total()) == (0, 0)
