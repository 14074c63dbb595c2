"""Plans in files: lines from where people start to where they serve. Out only.

People are ids, and their lines start in the middle of a cell of about a kilometre: where somebody
lives does not leave the system.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from dispatch.board import Board
from dispatch.exchange.layer import Layer
from dispatch.model import ACTIVE_ASSIGNMENT, Need, Plan, Site, Travel, VolunteerId

CELLS_PER_DEGREE: Final = 100

COLUMNS: Final = (
    "state", "plan_id", "incident", "need_id", "volunteer", "skill", "mode", "eta_s", "dist_m",
    "source", "post", "accepts", "cost_s", "exercise",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Line:
    values: dict[str, Any]
    origin: Site
    site: Site


def plan_layer(board: Board) -> Layer:
    """Return the last plan's proposals and everybody now assigned, each as a line, in id order.

    `state` is PROPOSED or the assignment's status; coordinates are WGS-84 degrees.
    """
    lines = [*_assigned(board), *_proposed(board)]
    shapes = np.empty(len(lines), dtype=object)
    shapes[:] = [
        shapely.LineString([_coarse(line.origin), (line.site.lon, line.site.lat)]) for line in lines
    ]
    columns = {name: [line.values.get(name) for line in lines] for name in COLUMNS}
    return Layer("plans", columns, shapes)


def _proposed(board: Board) -> Iterator[_Line]:
    plan: Plan | None = max(board.plans.values(), key=lambda p: (p.made_at, p.id), default=None)
    if plan is None:
        return
    for one in sorted(plan.proposals, key=lambda p: (p.need_id, p.volunteer_id)):
        need = board.needs[one.need_id]
        values = _values(board, need, one.volunteer_id, one.travel) | {
            "state": "PROPOSED",
            "plan_id": plan.id,
            "skill": one.skill,
            "post": one.post,
            "accepts": round(one.accepts, 4),
            "cost_s": one.cost_s,
        }
        yield _Line(values, one.origin, need.site)


def _assigned(board: Board) -> Iterator[_Line]:
    for one in sorted(board.assignments.values(), key=lambda a: a.id):
        if one.status not in ACTIVE_ASSIGNMENT:
            continue
        need, offer = board.needs[one.need_id], board.offers[one.offer_id]
        values = _values(board, need, one.volunteer_id, one.travel) | {
            "state": one.status.value,
            "plan_id": offer.plan_id,
            "skill": offer.skill or need.skill,
        }
        yield _Line(values, offer.origin, need.site)


def _values(board: Board, need: Need, volunteer: VolunteerId, travel: Travel) -> dict[str, Any]:
    return {
        "incident": need.incident_id,
        "need_id": need.id,
        "volunteer": int(volunteer),
        "mode": travel.mode.value,
        "eta_s": travel.eta_s,
        "dist_m": travel.dist_m,
        "source": travel.source.value,
        "exercise": board.exercise,
    }


def _coarse(site: Site) -> tuple[float, float]:
    lon, lat = ((int(x * CELLS_PER_DEGREE // 1) + 0.5) / CELLS_PER_DEGREE for x in
                (site.lon, site.lat))  # fmt: skip
    return round(lon, 3), round(lat, 3)
