"""Who was asked and who came: the funnel, the load on single people, travel, skills."""

from __future__ import annotations

from collections import Counter
from typing import Final

from dispatch.drills.report.account import Account, NeedAccount
from dispatch.drills.report.lessons import funnel
from dispatch.drills.report.plots import Bar, bars, scatter
from dispatch.drills.report.tables import rows_of
from dispatch.drills.report.words import Said, html
from dispatch.model import OfferStatus, Skill
from dispatch.taxonomy import SKILLS

ALERTS_SHOWN: Final = 8
"""People asked more often than this share a bar."""


def people_part(told: Account) -> str:
    """Return the section."""
    stages = bars([Bar(name=s, value=c, shown=str(c)) for s, c in funnel(told)])
    often = Counter(min(count, ALERTS_SHOWN) for count in told.alerts.values())
    loads = bars(
        [
            Bar(name=_times(count), value=often[count], shown=str(often[count]))
            for count in sorted(often)
        ]
    )
    trips = [
        (a.travel.eta_s / 60, (a.on_scene_at - a.en_route_at).total_seconds() / 60)
        for n in told.needs
        for a in n.arrived
        if a.en_route_at is not None and a.on_scene_at is not None
    ]
    ways = scatter(
        trips, Said("预计路程（分钟）", "ETA, minutes"), Said("实际路程（分钟）", "real, minutes")
    )
    return (
        f"<h2>{html(Said('人员', 'People'))}</h2><div class='pair'>"
        f"<div><h3>{html(Said('漏斗', 'Funnel'))}</h3>{stages}</div>"
        f"<div><h3>{html(_OFTEN)}</h3>{loads}</div>"
        f"<div><h3>{html(Said('预计与实际', 'Expected and real travel'))}</h3>{ways}</div>"
        f"<div><h3>{html(Said('按技能', 'By skill'))}</h3>{_skills(told)}</div></div>"
    )


def _times(count: int) -> Said:
    more = "+" if count == ALERTS_SHOWN else ""
    return Said(f"{count}{more} 次", f"{count}{more} ×")


def _skills(told: Account) -> str:
    by_skill: dict[Skill, list[NeedAccount]] = {}
    for n in told.needs:
        by_skill.setdefault(n.need.skill, []).append(n)
    rows = [
        (
            html(SKILLS[skill].names),
            str(sum(n.need.heads.desired for n in needs)),
            str(sum(len(n.offers) for n in needs)),
            str(sum(n.ended(OfferStatus.ACCEPTED) for n in needs)),
            str(sum(len(n.arrived) for n in needs)),
            f"{sum(n.on_time for n in needs)}/{len(needs)}",
        )
        for skill, needs in sorted(by_skill.items())
    ]
    heads = (
        Said("技能", "Skill"),
        Said("需", "wanted"),
        Said("通知", "asked"),
        Said("接受", "accepted"),
        Said("到场", "came"),
        Said("按时满员", "needs on time"),
    )
    return rows_of(heads, rows)


_OFTEN: Final = Said("每人被通知次数", "How often one person was asked")
