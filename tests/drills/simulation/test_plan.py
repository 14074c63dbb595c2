"""Fault plans come out of their seed."""

from __future__ import annotations

from dispatch.drills.simulation.plan import NO_FAULTS, FaultPlan, drawn, within


def test_one_seed_is_one_plan() -> None:
    assert drawn(7, 3_600) == drawn(7, 3_600) != drawn(8, 3_600)


def test_every_kind_of_fault_is_in_some_plans_and_missing_from_others() -> None:
    plans = [drawn(seed, 3_600) for seed in range(60)]
    for name in FaultPlan.__slots__:
        assert len({getattr(p, name) for p in plans}) > 1, name
    for name in ("bell_lost", "twice", "again", "answer_lost", "lost", "unknown", "dies_before"):
        assert min(getattr(p, name) for p in plans) == 0.0, name
    assert {p.desks for p in plans} == {1, 2, 3}


def test_windows_include_their_start_and_not_their_end() -> None:
    windows = ((10.0, 20.0), (30.0, 31.0))
    assert [s for s in (9.9, 10.0, 19.9, 20.0, 30.5) if within(windows, s)] == [10.0, 19.9, 30.5]
    assert not within(NO_FAULTS.store_down, 0.0)
