"""The people of a drill: a scenario's recipe or file, as a registry and as the roster in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from dispatch.app import add_regions
from dispatch.drills.scenario.model import RosterFile, RosterRecipe, Scenario
from dispatch.errors import BadInput
from dispatch.registry.engine import migrate, open_engine
from dispatch.registry.generator import Recipe, generate
from dispatch.registry.roster_csv import import_roster
from dispatch.registry.snapshot import load_roster
from dispatch.roster import Roster

Progress = Callable[[int, int], None]


def recipe_of(scenario: Scenario, recipe: RosterRecipe) -> Recipe:
    """Return what the generator is told."""
    return Recipe(
        settlements=recipe.settlements,
        regions=scenario.agency.regions,
        volunteers=recipe.people,
        teams=recipe.teams,
        currency=scenario.agency.currency,
        cover=recipe.cover,
        **recipe.shares,
    )


def fill_registry(engine: sa.Engine, scenario: Scenario, progress: Progress | None = None) -> None:
    """Fill an empty, migrated registry with the scenario's people.

    Raises:
        BadInput: the registry is not empty, or a row of the roster file cannot be used.
    """
    people, now = scenario.roster, scenario.clock.starts_at
    if isinstance(people, RosterFile):
        add_regions(engine, scenario.agency)
        report = import_roster(engine, people.file, now)
        if report.problems:
            raise BadInput(f"{people.file}: {report.problems[0]}")
    else:
        generate(engine, recipe_of(scenario, people), now, people.seed, progress)


def roster_of(scenario: Scenario, progress: Progress | None = None) -> Roster:
    """Return the scenario's people; the registry they come from is gone again.

    Raises:
        BadInput: as `fill_registry`.
    """
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'people.db'}")
        try:
            migrate(engine)
            fill_registry(engine, scenario, progress)
            return load_roster(engine)
        finally:
            engine.dispose()
