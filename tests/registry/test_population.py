from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import PCG64, Generator

from dispatch.errors import BadInput
from dispatch.model import HazardClass, RegionCode, Tier, TravelMode
from dispatch.registry.population import (
    CAR_SEATS,
    COMMON_FIRST,
    MOST_SKILLS,
    NEWCOMER_H,
    SPOKEN,
    People,
    Proofs,
    Recipe,
    apportion,
    draw_people,
    draw_proofs,
    draw_teams,
    top,
)
from dispatch.roster import FOREVER, MODES, NEVER, TIERS
from dispatch.taxonomy import LANGUAGES, SKILLS

TODAY_ON = date(2026, 11, 22)
TODAY = (TODAY_ON - date(1970, 1, 1)).days
SEEDS = st.integers(0, 2**32)


def _rng(seed: int = 1) -> Generator:
    return Generator(PCG64(seed))


@pytest.fixture(scope="module")
def people(recipe: Recipe) -> People:
    return draw_people(recipe, TODAY, _rng())


@pytest.fixture(scope="module")
def proofs(recipe: Recipe, people: People) -> Proofs:
    return draw_proofs(recipe, people, TODAY, _rng())


def test_the_skills_drawn_are_those_of_the_taxonomy() -> None:
    assert sorted(COMMON_FIRST) == sorted(SKILLS)
    assert COMMON_FIRST[0] == "LOG"
    assert set(COMMON_FIRST[-2:]) == {"K9", "DIVE"}


@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=30), st.integers(0, 10_000))
def test_apportion_gives_everything_and_is_off_by_less_than_one(
    weights: list[float], seats: int
) -> None:
    given_ = apportion(np.array(weights), seats)
    assert given_.sum() == seats
    assert np.all(np.abs(given_ - np.array(weights) / sum(weights) * seats) < 1 + 1e-6)


@given(st.integers(1, 500), st.floats(0, 1), SEEDS)
def test_top_takes_the_share_with_the_highest_scores(n: int, share: float, seed: int) -> None:
    score = _rng(seed).random(n)
    chosen = top(score, share)
    assert chosen.sum() == round(share * n)
    if 0 < chosen.sum() < n:
        assert score[chosen].min() >= score[~chosen].max()


def test_people_live_in_their_settlements_by_population(recipe: Recipe, people: People) -> None:
    assert np.bincount(people.settlement).tolist() == [1_500, 750, 625, 125]
    for at, place in enumerate(recipe.settlements):
        here = people.settlement == at
        north_m = (people.lat[here] - place.lat) * 111_320
        east_m = (people.lon[here] - place.lon) * 111_320 * np.cos(np.radians(place.lat))
        away_m = np.hypot(north_m, east_m)
        assert away_m.max() <= place.radius_m + 1
        # A gaussian of half the radius, not a disc evenly filled (median 0.71 of the radius).
        assert 0.48 < np.median(away_m) / place.radius_m < 0.62


def test_everybody_is_16_to_75(people: People) -> None:
    births = [date(1970, 1, 1) + timedelta(days=int(day)) for day in people.birth]
    ages = [_age(birth) for birth in births]
    assert min(ages) >= 16
    assert max(ages) <= 75
    assert 35 <= float(np.median(ages)) <= 45


def _age(birth: date) -> int:
    had_birthday = (TODAY_ON.month, TODAY_ON.day) >= (birth.month, birth.day)
    return TODAY_ON.year - birth.year - (not had_birthday)


def test_only_the_young_have_guardians_and_they_walk(people: People) -> None:
    young = np.array([_age(date(1970, 1, 1) + timedelta(days=int(d))) < 18 for d in people.birth])
    assert young.any()
    assert not people.guardian[~young].any()
    assert set(people.mode[young]) == {MODES.index(TravelMode.FOOT)}


def test_shares_are_exact(recipe: Recipe, people: People) -> None:
    n = len(people)
    for hazard, share in recipe.cover.items():
        assert (people.cover >= hazard.rank).sum() == round(share * n)
    assert people.professional.sum() == round(recipe.professional * n)
    assert (people.tier == TIERS.index(Tier.SPONTANEOUS)).sum() == round(recipe.spontaneous * n)
    assert people.fit.sum() == round(recipe.fit * n)
    assert (people.trained_until != NEVER).sum() == round(recipe.safety_course * n)
    assert people.consent_dispatch.sum() == round(recipe.consenting * n)


def test_the_highly_insured_are_mostly_professionals_and_trained(people: People) -> None:
    highest = people.cover == HazardClass.H4.rank
    assert people.professional[highest].mean() > 0.6
    assert (people.trained_until[highest] != NEVER).mean() > 0.8


def test_turnout_is_around_105_s(people: People) -> None:
    assert 98 <= np.median(people.turnout_s) <= 112
    assert people.turnout_s.min() >= 15


def test_three_in_ten_are_newcomers_hardly_any_of_them_professionals(
    recipe: Recipe, people: People
) -> None:
    new = people.served_h < NEWCOMER_H
    assert new.sum() == round(recipe.newcomers * len(people))
    assert people.served_h.min() >= 0
    assert people.professional[new].mean() < 0.05
    assert 60 < np.median(people.served_h[~new]) < 100


def test_half_of_the_drivers_have_seats(recipe: Recipe, people: People) -> None:
    drives = people.mode == MODES.index(TravelMode.CAR)
    assert set(people.seats[~drives]) == {0}
    assert set(people.seats[drives]) == {0, CAR_SEATS}
    assert abs((people.seats[drives] > 0).mean() - recipe.seats) < 0.05


def test_languages_are_spoken_by_their_shares(people: People) -> None:
    assert set(SPOKEN) <= set(LANGUAGES)
    for at, code in enumerate(LANGUAGES):
        share = (people.languages >> np.uint64(at) & np.uint64(1)).mean()
        assert abs(share - SPOKEN.get(code, 0.0)) < 0.03, code


def test_everybody_has_one_to_five_different_skills(people: People, proofs: Proofs) -> None:
    each = np.bincount(proofs.person, minlength=len(people))
    assert each.min() == 1
    assert each.max() == MOST_SKILLS
    assert 1.9 < each.mean() < 2.1
    assert len(set(zip(proofs.person.tolist(), proofs.skill.tolist(), strict=True))) == each.sum()


def test_skills_follow_zipf(proofs: Proofs) -> None:
    count = np.bincount(proofs.skill, minlength=len(COMMON_FIRST))
    assert count.argmax() == 0
    assert count.min() > 0
    # Slope of a straight line through log count over log rank; drawing without repetition
    # flattens the head a little.
    slope = np.polyfit(np.log(np.arange(1, len(count) + 1)), np.log(count), 1)[0]
    assert -1.2 < slope < -0.8


def test_a_fifth_of_all_credentials_has_expired(recipe: Recipe, proofs: Proofs) -> None:
    assert (proofs.expires < TODAY).sum() == round(recipe.expired * len(proofs.expires))


def test_proofs_have_the_validity_of_their_skill(proofs: Proofs) -> None:
    assert proofs.issued.max() <= TODAY
    for at, code in enumerate(COMMON_FIRST):
        one = proofs.skill == at
        days = SKILLS[code].validity_days
        if days is None:
            assert (proofs.expires[one] == FOREVER).all()
        else:
            assert (proofs.expires[one] - proofs.issued[one] == days).all()
        if not SKILLS[code].needs_training:
            assert (proofs.trained_until[one] == NEVER).all()


def test_teams_take_people_of_their_region(recipe: Recipe, people: People) -> None:
    teams, team, leaders = draw_teams(recipe, people, _rng())
    assert [one.id for one in teams] == list(range(1, recipe.teams + 1))
    assert len({one.name for one in teams}) == len(teams)
    assert {one.level for one in teams} == {0, 1, 2, 3}
    assert (team[people.tier == TIERS.index(Tier.SPONTANEOUS)] == 0).all()
    by_id = {one.id: one for one in teams}
    for person in np.flatnonzero(team):
        joined = by_id[int(team[person])]
        assert joined.region == recipe.settlements[people.settlement[person]].region
        assert bool(joined.level) == bool(people.professional[person])
    assert {one for one, _ in leaders} == set(by_id)
    assert all(team[person] == one for one, person in leaders)


@pytest.mark.parametrize("teams", [0, 1, 2])
def test_few_teams_are_no_trouble(recipe: Recipe, people: People, teams: int) -> None:
    made, team, _ = draw_teams(replace(recipe, teams=teams), people, _rng())
    assert len(made) == teams
    assert set(team.tolist()) <= set(range(teams + 1))


def test_one_volunteer_is_no_trouble(recipe: Recipe) -> None:
    alone = replace(recipe, volunteers=1)
    people = draw_people(alone, TODAY, _rng())
    assert len(people) == 1
    assert len(draw_proofs(alone, people, TODAY, _rng()).person) >= 1


def test_the_same_seed_draws_the_same(recipe: Recipe, people: People) -> None:
    again = draw_people(recipe, TODAY, _rng())
    other = draw_people(recipe, TODAY, _rng(2))
    for name in People.__dataclass_fields__:
        assert np.array_equal(getattr(people, name), getattr(again, name))
    assert not np.array_equal(people.lon, other.lon)


def test_a_recipe_that_cannot_work_says_why(recipe: Recipe) -> None:
    lost = replace(recipe.settlements[0], region=RegionCode("77"))
    with pytest.raises(BadInput, match="77"):
        replace(recipe, settlements=(lost,))
    with pytest.raises(BadInput, match="no inhabited settlement"):
        replace(recipe, settlements=())
    with pytest.raises(BadInput, match="at least one volunteer"):
        replace(recipe, volunteers=0)
