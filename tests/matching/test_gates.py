from __future__ import annotations

from datetime import date, timedelta

import pytest

from dispatch.matching import gates
from dispatch.model import HazardClass, Tier, VolunteerStatus
from dispatch.taxonomy import HAZARD_GATES
from tests.builders import TODAY, person, roster

H = HazardClass


@pytest.mark.parametrize("status", VolunteerStatus)
def test_only_active_people_pass(status: VolunteerStatus) -> None:
    stopped = gates.status(roster([person(1, status=status)])).any()
    assert stopped == (status is not VolunteerStatus.ACTIVE)


ADMITTED = {
    Tier.PROFESSIONAL: {H.H0, H.H1, H.H2, H.H3, H.H4},
    Tier.TEMPORARY: {H.H0, H.H1, H.H2},
    Tier.SPONTANEOUS: {H.H0, H.H1},
}


@pytest.mark.parametrize("hazard", H)
@pytest.mark.parametrize("tier", Tier)
def test_tiers_go_as_far_as_the_rule_says(tier: Tier, hazard: HazardClass) -> None:
    stopped = gates.tier(roster([person(1, tier=tier)]), HAZARD_GATES[hazard]).any()
    assert stopped == (hazard not in ADMITTED[tier])


@pytest.mark.parametrize(("level", "passes"), [(0, False), (1, True), (3, True), (4, False)])
def test_h4_asks_for_a_team_of_level_one_to_three(level: int, passes: bool) -> None:
    people = roster([person(1, team_level=level)])
    assert gates.tier(people, HAZARD_GATES[H.H4]).any() == (not passes)
    assert not gates.tier(people, HAZARD_GATES[H.H3]).any()


def of_age(birth: date, hazard: HazardClass, today: date, guardian: bool = False) -> bool:
    people = roster([person(1, birth=birth, guardian=guardian)])
    return not gates.age(people, HAZARD_GATES[hazard], today).any()


@pytest.mark.parametrize(
    ("hazard", "youngest", "oldest"),
    [(H.H0, 18, 120), (H.H1, 18, 120), (H.H2, 18, 65), (H.H3, 18, 60), (H.H4, 18, 55)],
)
def test_ages_are_completed_years_on_the_day(
    hazard: HazardClass, youngest: int, oldest: int
) -> None:
    today = date(2026, 7, 20)
    one = timedelta(days=1)
    for years, enough in ((youngest, True), (oldest + 1, False)):
        birthday = today.replace(year=today.year - years)
        assert of_age(birthday, hazard, today) == enough
        assert of_age(birthday + one, hazard, today) != enough


def test_minors_from_sixteen_need_a_guardian_and_stay_indoors() -> None:
    today = date(2026, 7, 20)
    sixteen, fifteen = date(2010, 7, 20), date(2010, 7, 21)
    assert of_age(sixteen, H.H1, today, guardian=True)
    assert not of_age(sixteen, H.H1, today, guardian=False)
    assert not of_age(fifteen, H.H1, today, guardian=True)
    assert not of_age(sixteen, H.H2, today, guardian=True)


@pytest.mark.parametrize(
    ("today", "latest"),
    [
        (date(2026, 7, 20), date(2008, 7, 20)),
        (date(2028, 2, 29), date(2010, 2, 28)),
        (date(2026, 2, 28), date(2008, 2, 28)),
        (date(2026, 3, 1), date(2008, 3, 1)),
    ],
)
def test_latest_birthday_of_eighteen(today: date, latest: date) -> None:
    assert gates.latest_birthday(18, today) == latest


def test_born_on_29_february_comes_of_age_on_1_march() -> None:
    born = date(2008, 2, 29)
    assert not of_age(born, H.H2, date(2026, 2, 28))
    assert of_age(born, H.H2, date(2026, 3, 1))


@pytest.mark.parametrize("hazard", H)
def test_fitness_is_asked_for_from_h3(hazard: HazardClass) -> None:
    stopped = gates.fitness(roster([person(1, fit=False)]), HAZARD_GATES[hazard]).any()
    assert stopped == (hazard.rank >= 3)


@pytest.mark.parametrize("hazard", H)
def test_the_safety_course_is_asked_for_from_h2_and_until_the_last_day(
    hazard: HazardClass,
) -> None:
    people = roster([person(1, trained_until=TODAY - 1), person(2, trained_until=TODAY)])
    stopped = gates.safety_course(people, HAZARD_GATES[hazard], TODAY) != 0
    assert stopped.tolist() == [hazard.rank >= 2, False]


def test_nobody_without_consent() -> None:
    people = roster([person(1, consent=False), person(2)])
    assert (gates.consent(people) != 0).tolist() == [True, False]
