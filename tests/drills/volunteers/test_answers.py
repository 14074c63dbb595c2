"""How people answer follows the laws of science D1, and nothing but seed, person and need."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import numpy as np
import pytest

from dispatch import events as ev
from dispatch.board import apply
from dispatch.drills.volunteers.answers import Answers, Fate, Reply
from dispatch.drills.volunteers.habits import Habits
from dispatch.events import Entry, placed
from dispatch.matching.acceptance import preset
from dispatch.matching.replies import CALL_OUT
from dispatch.model import ActionId, HazardClass, Heads, Offer, OfferId, VolunteerId
from tests import builders
from tests.builders import person
from tests.play import COMMANDER, SITE, Play, cover, travel

N = 4_000
PLAIN: dict[str, Any] = {"rho": 0.0, "unreached": 0.0, "away": 0.0}


def asked(n: int = N) -> tuple[Play, list[Offer], Any]:
    """Everybody is asked at once; the board is told so without any view of it."""
    play = Play()
    heads = Heads(minimum=1, desired=min(n, 1_000), maximum=10_000)
    need = play.need(heads=heads, hazard=HazardClass.H1)
    ask(play, need.id, n)
    people = builders.roster(person(v, team=1 + v % 40) for v in range(1, n + 1))
    return play, [play.board.offers[o] for o in play.board.offers_of[need.id]], people


def ask(play: Play, need_id: Any, n: int) -> None:
    need = play.board.needs[need_id]
    for v in range(1, n + 1):
        made = ev.OfferMade(
            offer_id=OfferId(f"o{play.board.seq}"), need_id=need.id, plan_id=None,
            incident_id=need.incident_id, volunteer_id=VolunteerId(v), hazard=need.hazard,
            cover=cover(), travel=travel(), origin=SITE, expires_at=play.now + timedelta(minutes=5),
        )  # fmt: skip
        entry = Entry(
            at=play.now, actor=COMMANDER, action_id=ActionId(f"a{v}"), exercise=False, event=made
        )
        apply(play.board, placed(entry, play.board.seq + 1))


def answers(seed: int = 1, **over: Any) -> Answers:
    return Answers(seed=seed, habits=Habits(**(PLAIN | over)), zone=UTC)


def replies(seed: int = 1, **over: Any) -> list[Reply]:
    play, offers, people = asked()
    return answers(seed, **over).replies(play.board, offers, people)


def share(found: list[Reply], *fates: Fate) -> float:
    return sum(r.fate in fates for r in found) / len(found)


def test_people_accept_as_often_as_the_model_says() -> None:
    found = replies()
    likely = np.mean([r.chance for r in found])
    assert share(found, Fate.YES) == pytest.approx(likely, abs=0.025)
    assert 0.25 < likely < 0.45


def test_of_those_who_do_not_accept_the_share_of_the_law_says_so() -> None:
    found = replies()
    rest = 1 - share(found, Fate.YES)
    assert share(found, Fate.NO) / rest == pytest.approx(0.439 / 0.638, abs=0.03)
    assert share(found, Fate.COMES) / share(found, Fate.COMES, Fate.SILENT) == pytest.approx(
        0.15, abs=0.04
    )


@pytest.mark.parametrize(
    ("law", "median_s", "p90_s"), [({}, 40, 75), ({"law": CALL_OUT}, 240, 300)]
)
def test_delays_are_those_of_the_law(law: dict[str, Any], median_s: int, p90_s: int) -> None:
    delays = [r.delay_s for r in replies(**law)]
    assert np.median(delays) == pytest.approx(median_s, rel=0.06)
    assert np.quantile(delays, 0.9) == pytest.approx(p90_s, rel=0.06)


def test_people_differ_as_the_prior_says() -> None:
    """Beta(3.6, 6.4): mean 0.36, standard deviation 0.145."""
    rates = [answers().rate(VolunteerId(n)) for n in range(N)]
    assert np.mean(rates) == pytest.approx(0.36, abs=0.01)
    assert np.std(rates) == pytest.approx((0.36 * 0.64 / 11) ** 0.5, rel=0.05)


def test_phones_are_off_and_out_of_reach_as_often_as_said() -> None:
    found = replies(unreached=0.1, away=0.2, away_s=600.0)
    never = [r for r in found if r.received_after_s is None]
    later = [r.received_after_s for r in found if r.received_after_s]
    assert len(never) / N == pytest.approx(0.1, abs=0.015)
    assert len(later) / N == pytest.approx(0.18, abs=0.02)
    assert np.median(later) == pytest.approx(600, rel=0.1)


def test_a_squad_is_of_one_mind_as_far_as_rho_says() -> None:
    """Answers of one squad correlate by rho, those of different squads do not."""
    play, offers, people = asked(2_000)
    yes = np.zeros((60, len(offers)))
    for seed in range(60):
        found = answers(seed, rho=0.2).replies(play.board, offers, people)
        yes[seed] = [r.fate is Fate.YES for r in found]
    own = yes - yes.mean(axis=0)
    same = [np.arange(1, 2_001) % 40 == team for team in range(40)]
    within = np.mean([_mean_pair(own[:, mine]) for mine in same])
    across = np.mean([(own[:, n] * own[:, n + 1]).mean() for n in range(0, 2_000, 2)])
    spread = (own**2).mean()
    assert within / spread == pytest.approx(0.2, abs=0.05)
    assert across / spread == pytest.approx(0.0, abs=0.02)


def test_answers_do_not_depend_on_who_is_asked_with_whom() -> None:
    play, offers, people = asked(50)
    whole = answers().replies(play.board, offers, people)
    alone = [answers().replies(play.board, [o], people)[0] for o in reversed(offers)]
    assert alone[::-1] == whole
    assert whole != answers(2).replies(play.board, offers, people)


def test_who_is_asked_again_decides_anew_and_is_tired() -> None:
    play, offers, people = asked(400)
    first = answers().replies(play.board, offers, people)
    play.now += timedelta(minutes=10)
    ask(play, offers[0].need_id, 400)
    again = [play.board.offers[o] for o in play.board.offers_of[offers[0].need_id][400:]]
    second = answers().replies(play.board, again, people)
    assert [r.fate for r in first] != [r.fate for r in second]
    assert np.mean([r.chance for r in second]) < np.mean([r.chance for r in first])


def test_a_pessimistic_county_says_no_more_often() -> None:
    assert share(replies(model=preset("low")), Fate.YES) < 0.6 * share(replies(), Fate.YES)


def test_somebody_who_is_not_on_the_roster_is_an_error() -> None:
    play, offers, _ = asked(3)
    with pytest.raises(ValueError, match="not on the roster"):
        answers().replies(play.board, offers, builders.roster([person(1)]))


def _mean_pair(own: np.ndarray) -> float:
    """The mean product of two different columns, over rows."""
    k = own.shape[1]
    return float(((own.sum(axis=1) ** 2 - (own**2).sum(axis=1)) / (k * (k - 1))).mean())
