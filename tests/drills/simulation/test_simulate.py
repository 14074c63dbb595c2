"""Hundreds of bad mornings: whatever fails, nothing acknowledged is lost or there twice.

A seed that fails prints the command that does the same again; `make soak` runs thousands.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from dispatch.drills.simulation.plan import NO_FAULTS, FaultPlan
from dispatch.drills.simulation.simulate import Outcome, simulate
from dispatch.settings import ROOT

AT_ONCE = 20
SEEDS = 200
HOURS = 0.5


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_whatever_fails_nothing_is_lost_or_there_twice(first: int) -> None:
    outcomes = [simulate(seed, hours=HOURS) for seed in range(first, first + AT_ONCE)]
    failed = [f"{o.again()}: {'; '.join(o.wrong)}" for o in outcomes if o.wrong]
    assert failed == []
    assert sum(o.acknowledged for o in outcomes) > 10 * AT_ONCE
    assert sum(o.repeated for o in outcomes) > 0


def test_desks_die_and_come_back_in_these_seeds() -> None:
    assert sum(simulate(seed, hours=HOURS).deaths for seed in range(8)) > 0


def test_one_seed_is_one_log_whatever_the_process_hashes_by() -> None:
    run = [sys.executable, "-m", "dispatch", "simulate", "--seed", "9", "--hours", "0.5"]
    told = {
        subprocess.run(
            run, cwd=ROOT, check=True, capture_output=True, text=True,
            env={**os.environ, "PYTHONHASHSEED": salt},
        ).stdout
        for salt in ("1", "2")
    }  # fmt: skip
    assert len(told) == 1
    assert simulate(9, hours=HOURS).hash in told.pop()


def test_faults_change_what_happens_but_not_what_is_promised() -> None:
    calm = simulate(9, NO_FAULTS, HOURS)
    rough = simulate(9, FaultPlan(desks=3, turns=3, twice=0.5, answer_lost=0.5, lost=0.3), HOURS)
    assert calm.hash != rough.hash
    assert (calm.wrong, calm.repeated, calm.deaths) == ((), 0, 0)
    assert rough.wrong == ()
    assert rough.repeated > 20


def test_a_failure_says_how_to_see_it_again() -> None:
    outcome: Outcome = simulate(9, NO_FAULTS, HOURS)
    assert outcome.again() == "python -m dispatch simulate --seed 9 --hours 0.5"


def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk that forgets which actions it has stored stores repeats twice."""
    from dispatch.eventlog import MemoryEventLog

    async def forgetful(self: object, agency: object, action_ids: object) -> dict[str, object]:
        return {}

    async def append(self: MemoryEventLog, agency, entries, expected_seq, digests=None) -> int:  # type: ignore[no-untyped-def]
        self._actions.clear()
        return await honest(self, agency, entries, expected_seq, digests or {})

    honest = MemoryEventLog.append
    monkeypatch.setattr(MemoryEventLog, "find", forgetful)
    monkeypatch.setattr(MemoryEventLog, "append", append)
    outcome = simulate(9, FaultPlan(twice=0.5), HOURS)
    assert outcome.wrong != ()
