"""Reach tests for commanders: which teams there are, and who was reached how soon."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from statistics import median
from typing import Any, Final, Literal

import msgspec
from fastapi import APIRouter, Request, Response

from dispatch.api.services import services
from dispatch.api.session import Commander
from dispatch.board import Board
from dispatch.board.notices import of_test
from dispatch.errors import Rejected
from dispatch.model import Medium, Notice, ReachTest, SendStatus, TestId
from dispatch.registry import catalogue, people
from dispatch.registry.people import Person

router = APIRouter(prefix="/api/command")

NO_ADDRESS: Final = "NO_ADDRESS"
COLUMNS: Final = ("number", "name", "team", "status", "by", "after_s")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet calculate a cell (OWASP, CSV injection)."""


@router.get("/teams")
async def teams(request: Request, actor: Commander) -> list[dict[str, Any]]:
    """All teams by name, with how many active volunteers each has."""
    found = await asyncio.to_thread(catalogue.teams, services(request).engine)
    plain: list[dict[str, Any]] = msgspec.to_builtins(found)
    return plain


@router.get("/team/{team_id}/members")
async def members(request: Request, actor: Commander, team_id: int) -> dict[str, Any]:
    """The ids of a team's active volunteers."""
    if not 0 < team_id < 2**31:
        raise Rejected("NOT_FOUND", entity="team", id=team_id)
    ids = await asyncio.to_thread(catalogue.team_members, services(request).engine, team_id)
    return {"volunteer_ids": ids}


@router.get("/reach_tests/{test_id}")
async def report(
    request: Request, actor: Commander, test_id: str, format: Literal["json", "csv"] = "json"
) -> Response:
    """How far a reach test came, person by person; each look is recorded."""
    s = services(request)
    test = s.desk.board.tests.get(TestId(test_id))
    if test is None:
        raise Rejected("NOT_FOUND", entity="test", id=test_id[:50])
    ids = test.volunteer_ids
    who = await asyncio.to_thread(people.people, s.engine, ids, actor, s.clock.now())
    board = s.desk.board
    lines = list(_lines(board, test, who))
    if format == "csv":
        return _csv(test, lines)
    body = {"test": test, **_figures(board, test), "people": lines}
    return Response(msgspec.json.encode(body), media_type="application/json")


def _figures(board: Board, test: ReachTest) -> dict[str, Any]:
    notices = [board.notices[of_test(test.id, person)] for person in test.volunteer_ids]
    seen_s = [_after_s(test, n.seen_at) for n in notices if n.seen_at is not None]
    media = {medium: _by_medium(notices, medium) for medium in Medium}
    return {
        "media": media,
        "told": sum(n.told for n in notices),
        "delivered": sum(n.delivered for n in notices),
        "seen": len(seen_s),
        "median_s": round(median(seen_s)) if seen_s else None,
    }


def _by_medium(notices: Sequence[Notice], medium: Medium) -> dict[str, int]:
    sent = [d for n in notices if (d := n.by(medium)) is not None]
    took = (SendStatus.SENT, SendStatus.DELIVERED)
    return {
        "told": sum(d.status in took for d in sent),
        "delivered": sum(d.status is SendStatus.DELIVERED for d in sent),
        "seen": sum(n.seen_by is medium for n in notices),
        "failed": sum(d.status is SendStatus.FAILED for d in sent),
    }


def _lines(board: Board, test: ReachTest, who: Sequence[Person]) -> Iterator[dict[str, Any]]:
    for person in who:
        notice = board.notices[of_test(test.id, person.id)]
        status, by, at = _how_far(notice)
        yield {
            "id": person.id,
            "number": person.number,
            "name": person.name,
            "team": person.team,
            "status": status,
            "by": by,
            "after_s": None if at is None else _after_s(test, at),
        }


def _how_far(notice: Notice) -> tuple[str, Medium | None, datetime | None]:
    """The furthest it came, by which medium, and when."""
    if notice.seen_at is not None:
        return "SEEN", notice.seen_by, notice.seen_at
    for status in (SendStatus.DELIVERED, SendStatus.SENT):
        came = [(d.at, m) for m, d in notice.deliveries.items() if d.status is status]
        if came:
            at, medium = min(came)
            return status, medium, at
    failed = [d.because for d in notice.deliveries.values() if d.status is SendStatus.FAILED]
    if not failed:
        return "WAITING", None, None
    without = all(because == NO_ADDRESS for because in failed)
    return (NO_ADDRESS if without else "FAILED"), None, None


def _after_s(test: ReachTest, at: datetime) -> int:
    return max(0, round((at - test.started_at).total_seconds()))


def _csv(test: ReachTest, lines: Sequence[dict[str, Any]]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([_cell(line[column]) for column in COLUMNS])
    headers = {
        "Content-Disposition": f'attachment; filename="reach-test-{test.id}.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    # With a byte order mark: spreadsheets take Chinese names for something else without it.
    return Response(
        "\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers
    )


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) else text
