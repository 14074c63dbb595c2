"""The town: its people are the same, its morning hangs on the seed."""

from __future__ import annotations

from dispatch.drills.scenario import model as it
from dispatch.drills.scenario.script import script
from dispatch.drills.simulation.town import PEOPLE, town, townspeople


def test_one_seed_is_one_morning() -> None:
    assert town(5) == town(5)
    assert town(5).timeline != town(6).timeline


def test_the_people_are_those_of_the_recipe() -> None:
    assert len(townspeople()) == PEOPLE
    assert townspeople() is townspeople()


def test_all_that_can_happen_happens_under_some_seed() -> None:
    kinds = {type(inject) for seed in range(40) for inject in town(seed).timeline}
    assert kinds == {
        it.IncidentOpened, it.NeedCreated, it.NeedVerified, it.HazardRaised, it.IncidentClosed,
        it.ZoneDrawn, it.CellLost, it.CellRestored, it.Recall, it.CoverLapsed, it.RedWarning,
    }  # fmt: skip


def test_mornings_are_scripts_in_order_of_time() -> None:
    for seed in range(20):
        steps = script(town(seed))
        assert [s.at for s in steps] == sorted(s.at for s in steps)
        assert all(0 <= s.at_s <= town(seed).clock.length_s + 300 for s in steps)
