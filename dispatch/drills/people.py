"""The people of a drill as the roster in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dispatch.drills.scenario.model import Scenario
from dispatch.drills.scenario.people import Progress, fill
from dispatch.registry.engine import migrate, open_engine
from dispatch.registry.snapshot import load_roster
from dispatch.roster import Roster


def roster_of(scenario: Scenario, progress: Progress | None = None) -> Roster:
    """Return the scenario's people; the registry they come from is gone again.

    Raises:
        BadInput: a line of the roster file cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'people.db'}")
        try:
            migrate(engine)
            fill(engine, scenario, progress)
            return load_roster(engine)
        finally:
            engine.dispose()
