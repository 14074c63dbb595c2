"""What people answer when they are asked, and when: the simulator's truth.

Whether somebody accepts follows the acceptance model with their true rate instead of the record
that the desk has of them: the desk has to learn it. Times are whole milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from math import floor
from typing import Final

import numpy as np
from scipy.special import betaincinv, expit

from dispatch.board import Board, Person
from dispatch.drills.volunteers.habits import Habits
from dispatch.drills.volunteers.luck import Luck
from dispatch.matching.acceptance import TERMS, Features, History, daytime, terms
from dispatch.matching.load import SEVERITY
from dispatch.matching.skills import Rows
from dispatch.model import DeclineReason, Offer, Rain, VolunteerId
from dispatch.roster import Floats, Roster
from dispatch.taxonomy import DUTY_LIMITS

_DAY: Final = timedelta(days=1)
_REASONS: Final = tuple(r for r in DeclineReason if r is not DeclineReason.LATER)


class Fate(StrEnum):
    """What becomes of an alert: a yes, a no, silence, or silence of somebody who comes anyway."""

    YES = "YES"
    NO = "NO"
    SILENT = "SILENT"
    COMES = "COMES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How somebody takes an alert: `received_after_s` it is on their phone, None for never; they
    answer `delay_s` later. `chance` is how likely they were to accept, `reason` why they do not."""

    fate: Fate
    received_after_s: float | None
    delay_s: float
    chance: float
    reason: DeclineReason


@dataclass(slots=True, kw_only=True)
class Answers:
    """How the people of one agency take their alerts."""

    seed: int
    habits: Habits
    zone: tzinfo

    def replies(self, board: Board, offers: Sequence[Offer], people: Roster) -> list[Reply]:
        """Return how each offer is taken; `people` holds at least those asked."""
        rows = people.rows([o.volunteer_id for o in offers])
        if len(rows) != len(offers):
            raise ValueError("somebody asked is not on the roster")
        lucks = [self._luck(board, o) for o in offers]
        # Rounded, since the last digits hang on the machine and on who is asked together.
        chances = self._chances(board, offers, people, rows).round(9).tolist()
        shares = np.array([one.share("delay") for one in lucks])
        delays_s = self.habits.law.quantile(shares).round(3)
        return [
            self._reply(luck, chance, delay_s)
            for luck, chance, delay_s in zip(lucks, chances, delays_s.tolist(), strict=True)
        ]

    def rate(self, volunteer_id: VolunteerId) -> float:
        """Return the share of alerts that this person accepts in the long run."""
        model = self.habits.model
        yes = model.rate * model.prior_alerts
        share = Luck(f"{self.seed}|{volunteer_id}").share("rate")
        return float(betaincinv(yes, model.prior_alerts - yes, share))

    def _luck(self, board: Board, offer: Offer) -> Luck:
        """The n-th time that they are asked for this need, however often others were."""
        before = [board.offers[o] for o in board.offers_to[offer.volunteer_id]]
        nth = sum(o.need_id == offer.need_id and o.made_at < offer.made_at for o in before)
        return Luck(f"{self.seed}|{offer.volunteer_id}|{offer.need_id}|{nth}")

    def _reply(self, luck: Luck, chance: float, delay_s: float) -> Reply:
        habits, fate = self.habits, Fate.SILENT
        if luck.happens("yes", chance):
            fate = Fate.YES
        elif luck.happens("no", habits.law.says_no):
            fate = Fate.NO
        elif luck.happens("comes", habits.silent_comes):
            fate = Fate.COMES
        received_after_s: float | None = 0.0
        if luck.happens("unreached", habits.unreached):
            received_after_s = None
        elif luck.happens("away", habits.away):
            received_after_s = luck.around("away_s", habits.away_s, habits.away_spread)
        return Reply(
            fate=fate,
            received_after_s=received_after_s,
            delay_s=delay_s,
            chance=chance,
            reason=_REASONS[int(luck.share("reason") * len(_REASONS))],
        )

    def _chances(self, board: Board, offers: Sequence[Offer], people: Roster, rows: Rows) -> Floats:
        model = self.habits.model
        features = _features(board, offers, self.zone)
        weights = np.array([model.weights[name] for name in TERMS])
        logit = model.intercept + terms(features, model) @ weights
        rates = np.array([self.rate(o.volunteer_id) for o in offers])
        own: Floats = np.log(rates / (1 - rates)) - np.log(model.rate / (1 - model.rate))
        p: Floats = expit(logit + model.weights["history"] * own)
        rho = self.habits.rho
        if rho == 0:
            return p
        shared = [
            Luck(f"{self.seed}|{self._group(people, row)}").share(f"{o.made_at:%Y%m%d%H}")
            for o, row in zip(offers, rows.tolist(), strict=True)
        ]
        s = (1 - rho) / rho
        return np.asarray(betaincinv(p * s, (1 - p) * s, np.array(shared)), np.float64)

    def _group(self, people: Roster, row: int) -> str:
        """Whose answers go together: a squad's, or those of neighbours without one."""
        if people.team[row]:
            return f"team {people.team[row]}"
        size = self.habits.cell_deg
        return f"cell {floor(people.lon[row] / size)},{floor(people.lat[row] / size)}"


def _features(board: Board, offers: Sequence[Offer], zone: tzinfo) -> Features:
    """What bears on each answer, as it was when they were asked; without any record of theirs."""
    asked = [board.person(o.volunteer_id) for o in offers]
    pairs = list(zip(offers, asked, strict=True))
    needs = [board.needs[o.need_id] for o in offers]
    local = [o.made_at.astimezone(zone) for o in offers]
    night, commute = daytime(np.array([at.hour + at.minute / 60 for at in local]))
    k = len(offers)
    return Features(
        eta_s=np.array([o.travel.turnout_s + o.travel.eta_s for o in offers], np.float64),
        night=night,
        commute=commute,
        alerts_24h=np.array([_before(p, o.made_at, _DAY) for o, p in pairs]),
        alerts_7d=np.array([_before(p, o.made_at, 7 * _DAY) for o, p in pairs]),
        after_shift=np.array([_rests(p, o.made_at) for o, p in pairs], np.bool_),
        on_duty=np.array([p.on_duty for p in asked], np.bool_),
        declared=np.array([_declared(p, o.made_at) for o, p in pairs], np.bool_),
        severity=np.array([SEVERITY[board.incidents[n.incident_id].severity] for n in needs]),
        hazard=np.array([n.hazard.rank for n in needs], np.float64),
        skill_exact=np.array(
            [o.skill in (None, n.skill) for o, n in zip(offers, needs, strict=True)], np.bool_
        ),
        red_weather=np.full(k, board.rain is Rain.HEAVY),
        history=History.none(k),
    )


def _before(person: Person, at: datetime, span: timedelta) -> float:
    return sum(a.weight for a in person.alerts if timedelta(0) < at - a.at < span)


def _rests(person: Person, at: datetime) -> bool:
    rest = timedelta(seconds=DUTY_LIMITS.rest_s)
    return any(timedelta(0) <= at - end < rest for _, end in person.shifts)


def _declared(person: Person, at: datetime) -> bool:
    until = person.available_until
    return bool(person.available) and (until is None or at < until)
