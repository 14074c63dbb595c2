"""What a notice says: its template and parameters, read from the board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from dispatch.board import Board
from dispatch.model import (
    AssignmentId,
    Notice,
    NoticeKind,
    Offer,
    OfferId,
    TestId,
    Urgency,
    ZoneId,
    ZoneKind,
)
from dispatch.ports import Language, Message
from dispatch.taxonomy import SKILLS, Names

HAZARDS: Final[Mapping[ZoneKind, Names]] = {
    ZoneKind.FLOOD: Names("洪水", "a flood"),
    ZoneKind.FIRE: Names("火情", "a fire"),
    ZoneKind.LANDSLIDE: Names("山体滑坡", "a landslide"),
}
_DANGER: Final = Names("险情", "danger")
_DAY: Final = "%m-%d %H:%M"
_TIME: Final = "%H:%M"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Who speaks to whom: the agency's `sign`, the person's language, the agency's local time."""

    language: Language
    sign: str
    now: datetime
    zone: ZoneInfo

    def of(self, names: Names) -> str:
        """Return a name in the person's language."""
        return names.zh if self.language == "zh" else names.en

    def clock(self, at: datetime) -> str:
        """Return a local time of day, with the day where it is not today's."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        return local.strftime(_TIME if local.date() == today.date() else _DAY)


def message_of(
    board: Board,
    notice: Notice,
    *,
    language: Language,
    sign: str,
    link: str,
    now: datetime,
    zone: ZoneInfo,
) -> Message:
    """Return what a notice says; `link` is the one its person may answer by, where there is one."""
    voice = Voice(language=language, sign=sign, now=now, zone=zone)
    params = {"sign": sign} | _params(board, notice, voice, link)
    return Message(
        template=notice.kind.lower(),
        params=params,
        language=language,
        urgency=notice.urgency,
        expires_at=notice.closes_at,
        exercise=board.exercise,
    )


def answer_to(
    board: Board,
    offer: Offer,
    template: str,
    voice: Voice,
    urgency: Urgency,
    at: datetime | None = None,
) -> Message:
    """Return what somebody is told who answered an offer; `at` is when they said they can set out.

    `template` is `confirm_yes`, `confirm_no`, `confirm_later`, `already_yes` or `offer_over`.
    """
    need = board.needs[offer.need_id]
    by = {"by": voice.clock(need.deadline_at)}
    more = {
        "confirm_yes": by,
        "already_yes": by,
        "confirm_later": {"at": voice.clock(at or voice.now)},
    }
    params = {"sign": voice.sign, "place": _place(board, offer)} | more.get(template, {})
    return _saying(board, template, params, voice, urgency)


def about_nothing(board: Board, template: str, voice: Voice) -> Message:
    """Return what is said to a text that answers nothing: `not_understood` or `nothing_open`."""
    return _saying(board, template, {"sign": voice.sign}, voice, Urgency.NORMAL)


def _saying(
    board: Board, template: str, params: Mapping[str, str], voice: Voice, urgency: Urgency
) -> Message:
    return Message(
        template=template,
        params=params,
        language=voice.language,
        urgency=urgency,
        expires_at=None,
        exercise=board.exercise,
    )


def _params(board: Board, notice: Notice, voice: Voice, link: str) -> dict[str, str]:
    match notice.kind:
        case NoticeKind.OFFER:
            return _of_offer(board, board.offers[OfferId(notice.subject)], voice, link)
        case NoticeKind.STOOD_DOWN:
            return {"place": _place(board, board.offers[OfferId(notice.subject)])}
        case NoticeKind.RECALL:
            recalled = board.assignments[AssignmentId(notice.subject)]
            return {"place": _place(board, board.offers[recalled.offer_id])}
        case NoticeKind.WARNING:
            zone = board.zones[ZoneId(notice.subject)]
            hazard = voice.of(HAZARDS.get(zone.kind, _DANGER))
            return {"hazard": hazard, "name": zone.name}
        case NoticeKind.TEST:
            return {"name": board.tests[TestId(notice.subject)].name}


def _of_offer(board: Board, offer: Offer, voice: Voice, link: str) -> dict[str, str]:
    need = board.needs[offer.need_id]
    return {
        "place": _place(board, offer),
        "what": voice.of(SKILLS[need.skill].names),
        "by": voice.clock(need.deadline_at),
        "minutes": str(max(1, -(-offer.travel.eta_s // 60))),
        "link": link,
    }


def _place(board: Board, offer: Offer) -> str:
    """What people call the site; the incident where it has no name."""
    name = board.needs[offer.need_id].site.name.strip()
    return name or board.incidents[offer.incident_id].title
