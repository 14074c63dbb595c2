"""The registry of a drill: its people invented or read, and what injects do to them later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.random import PCG64, Generator
from sqlalchemy import Connection, Engine, delete, select

from dispatch.app import add_regions
from dispatch.drills.scenario.model import CoverLapsed, RosterFile, RosterRecipe, Scenario
from dispatch.errors import BadInput
from dispatch.model import PolicyId, Skill, VolunteerId
from dispatch.registry import tables
from dispatch.registry.catalogue import policies, roster_changed
from dispatch.registry.engine import writing
from dispatch.registry.generator import generate
from dispatch.registry.population import Recipe
from dispatch.registry.roster_csv import import_roster
from dispatch.taxonomy import SKILLS

Progress = Callable[[int, int], None]

_CHUNK: Final = 5_000
"""What one statement may name; stores limit it."""


def fill(engine: Engine, scenario: Scenario, progress: Progress | None = None) -> None:
    """Fill a migrated registry with the scenario's people, as of the start of its clock.

    Raises:
        BadInput: the registry is not empty, or a line of the roster file cannot be used.
    """
    now = scenario.clock.starts_at
    match scenario.roster:
        case RosterRecipe() as roster:
            generate(engine, recipe_of(scenario, roster), now, roster.seed, progress)
        case RosterFile(file=file):
            add_regions(engine, scenario.agency)
            report = import_roster(engine, file, now)
            if report.problems:
                raise BadInput(f"{file}: {report.problems[0]}")


def recipe_of(scenario: Scenario, roster: RosterRecipe) -> Recipe:
    """Return the recipe the registry's generator is given."""
    return Recipe(
        settlements=roster.settlements,
        regions=scenario.agency.regions,
        volunteers=roster.people,
        teams=roster.teams,
        currency=scenario.agency.currency,
        cover=roster.cover,
        zipf=roster.zipf,
        **roster.shares,
    )


def lapse(engine: Engine, inject: CoverLapsed, seed: int) -> tuple[VolunteerId, ...]:
    """Take the cover away that the inject says, and return whose; the same seed takes the same.

    Chosen are, of those who hold the skill and are covered for its hazard class, the share that is
    said; they leave every contract that lists the class.
    """
    hazard = SKILLS[inject.skill].max_hazard
    with writing(engine) as connection:
        contracts = [one.id for one in policies(connection) if hazard in one.hazards]
        holders = _covered(connection, inject.skill, contracts)
        chosen = lapsed(holders, inject.share, seed)
        for start in range(0, len(chosen), _CHUNK):
            _leave(connection, chosen[start : start + _CHUNK], contracts)
        roster_changed(connection)
    return chosen


def _leave(
    connection: Connection, people: Sequence[VolunteerId], contracts: Sequence[PolicyId]
) -> None:
    member = tables.policy_member.c
    gone = member.volunteer_id.in_(people) & member.policy_id.in_(contracts)
    connection.execute(delete(tables.policy_member).where(gone))


def lapsed(holders: Sequence[VolunteerId], share: float, seed: int) -> tuple[VolunteerId, ...]:
    """Return `round(share * n)` of the holders, drawn by the seed, in order."""
    rng = Generator(PCG64(seed))
    drawn = rng.permutation(np.array(sorted(holders), np.int64))[: round(share * len(holders))]
    return tuple(VolunteerId(int(one)) for one in np.sort(drawn))


def _covered(
    connection: Connection, skill: Skill, contracts: Sequence[PolicyId]
) -> list[VolunteerId]:
    holds, member = tables.credential, tables.policy_member
    query = (
        select(holds.c.volunteer_id)
        .distinct()
        .join(member, member.c.volunteer_id == holds.c.volunteer_id)
        .where(holds.c.skill == skill, member.c.policy_id.in_(contracts))
    )
    return [VolunteerId(one) for one in connection.execute(query).scalars()]
