"""The clockwork of a drill falls on the instants of a live desk, and only on those that matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.cordon import Cordon
from dispatch.drills.beats import Beats, Grid
from dispatch.drills.exercise import Post
from dispatch.model import OfferStatus
from dispatch.waves import Waves
from tests.builders import person
from tests.office import Office

START = datetime(2026, 7, 20, 8, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("now", "first", "following"), [(0, 0, 5), (0.001, 5, 5), (4.9, 5, 5), (5, 5, 10)]
)
def test_a_grid_has_its_instants(now: float, first: float, following: float) -> None:
    grid = Grid(START, 5.0)
    assert grid.at_or_after(at(now)) == at(first)
    assert grid.after(at(now)) == at(following)
    assert grid.on(at(now)) == (now == first)


def beating() -> tuple[Office, Beats]:
    office = Office([person(n) for n in range(1, 20)])
    waves = Waves(desk=office.desk, show_up=0.9)
    post = Post(desk=office.desk, waves=waves, cordon=Cordon(desk=office.desk))
    return office, Beats(post=post, clock=office.clock)


async def test_a_desk_without_anything_to_do_is_left_alone() -> None:
    office, beats = beating()
    until = office.clock.now() + timedelta(days=3)
    assert beats.next_before(until) == until


async def test_the_next_thing_to_do_is_that_an_offer_expires() -> None:
    office, beats = beating()
    need = await office.need()
    (offer,) = await office.offers(need, 1)
    expires_at = office.desk.board.offers[offer].expires_at
    await beats.look()
    assert beats.next_before(office.clock.now() + timedelta(days=3)) == expires_at
    await office.clock.advance_to(expires_at)
    await beats.look()
    assert office.desk.board.offers[offer].status is OfferStatus.EXPIRED
