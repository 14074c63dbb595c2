"""An operation of two needs: one complete in time, one late for several reasons."""

from __future__ import annotations

from datetime import timedelta

from dispatch import actions as act
from dispatch.drills.report.account import Account, NeedAccount, account
from dispatch.model import DeclineReason, Heads, Need, NeedId, VolunteerId
from tests.play import T0, Play, volunteer

MINUTE = timedelta(minutes=1)
ONE = Heads(minimum=1, desired=1, maximum=1)
TWO = Heads(minimum=1, desired=2, maximum=2)


def go(play: Play, person: int, *, minutes: float) -> None:
    """Leave now and be there after so many minutes."""
    mine = play.board.active[VolunteerId(person)]
    play.act(volunteer(person), act.Depart(assignment_id=mine))
    play.now += minutes * MINUTE
    play.act(volunteer(person), act.Arrive(assignment_id=mine))


def operation() -> tuple[Play, Need, Need]:
    """Return the play after it, the need that was in time and the one that was late.

    The first is asked and accepted at once and complete after 20 minutes. The second is asked
    after 20, has one no, one silence and one yes, and that one comes when its hour has passed.
    """
    play = Play()
    good = play.need(heads=ONE, deadline_at=T0 + 60 * MINUTE)
    bad = play.need(heads=TWO, deadline_at=T0 + 60 * MINUTE)
    (yes,) = play.offer(good.id, 1)
    play.act(volunteer(1), act.AcceptOffer(offer_id=yes.id))
    go(play, 1, minutes=20)
    no, silent, slow = play.offer(bad.id, 2, 3, 4)
    play.act(volunteer(2), act.DeclineOffer(offer_id=no.id, reason=DeclineReason.TOO_FAR))
    play.act(volunteer(4), act.AcceptOffer(offer_id=slow.id))
    play.now = silent.expires_at
    play.tick()
    go(play, 4, minutes=50)
    play.now += 10 * MINUTE
    done = play.board.active[VolunteerId(1)]
    play.act(volunteer(1), act.Release(assignment_id=done))
    return play, good, bad


def told_of(play: Play) -> Account:
    """Return what the log of a play says."""
    return account(play.board.agency, play.stored, exercise=play.board.exercise)


def of(told: Account, need_id: NeedId) -> NeedAccount:
    """Return the account of one need."""
    return next(n for n in told.needs if n.need.id == need_id)
