"""A script's steps become actions, and what happens to people and phones happens to them."""

from __future__ import annotations

import numpy as np

from dispatch import events as ev
from dispatch.drills.replay import called_up, lapsed
from dispatch.drills.scenario import model as it
from dispatch.drills.simulation.town import town, townspeople
from dispatch.model import HazardClass, Skill
from dispatch.taxonomy import Names
from tests.drills.town import drilled

SURE = town(0).roster.provenance


def test_every_incident_and_need_of_the_script_is_in_the_log() -> None:
    result = drilled()
    made = {type(i) for i in result.scenario.timeline}
    opened = sum(isinstance(s.event, ev.IncidentOpened) for s in result.log)
    added = sum(isinstance(s.event, ev.NeedAdded) for s in result.log)
    assert opened == sum(isinstance(i, it.IncidentOpened) for i in result.scenario.timeline)
    assert added == sum(isinstance(i, it.NeedCreated) for i in result.scenario.timeline)
    assert it.NeedCreated in made


def test_a_warning_calls_up_its_share_of_those_available() -> None:
    warning = it.RedWarning(
        id="w", at_s=0, provenance=SURE, text=Names("警", "warning"), duty_share=0.4
    )
    roster = townspeople()
    found = called_up(roster, warning, seed=1)
    ready = int((roster.available & roster.consent).sum())
    assert 0.25 < len(found) / ready < 0.5
    assert {after_s % 30 for _, after_s in found} == {0}
    assert found == called_up(roster, warning, seed=1) != called_up(roster, warning, seed=2)


def test_cover_lapses_for_a_share_of_the_holders_and_for_nobody_else() -> None:
    roster, skill = townspeople(), Skill("LOG")
    lapse = it.CoverLapsed(id="l", at_s=0, provenance=SURE, skill=skill, share=0.5)
    after = lapsed(roster, lapse, seed=1)
    changed = np.flatnonzero((after.cover != roster.cover).any(axis=1))
    holders = roster.credentials[skill].rows
    assert 0 < len(changed) <= len(holders)
    assert set(changed) <= set(holders)
    covering = [p for p, c in enumerate(roster.policies) if c.hazards - {HazardClass.H0}]
    for row in changed:
        assert not any(
            after.cover[row, p // 64] >> np.uint64(p % 64) & np.uint64(1) for p in covering
        )


def test_a_skill_that_nobody_holds_lapses_for_nobody() -> None:
    lapse = it.CoverLapsed(id="l", at_s=0, provenance=SURE, skill=Skill("NONE"), share=1.0)
    assert lapsed(townspeople(), lapse, seed=1) is townspeople()
