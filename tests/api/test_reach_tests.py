"""Reach tests from the team to the report, with real messages to a carrier."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from dispatch.api.reach_tests import COLUMNS, _cell
from dispatch.board.notices import of_test
from dispatch.drills.carrier import Fault
from dispatch.model import Medium, SendStatus, TestId, VolunteerId
from dispatch.registry.contacts import contacts
from dispatch.registry.tables import look
from dispatch.settings import Settings
from tests.api.lines import Wired, wired
from tests.carriers import until
from tests.town import Town

# So that nobody waits the half minute of the usual ladder.
LADDER = """
[[messages.ladder]]
urgency = "TEST"
steps = [{ medium = "PUSH" }, { medium = "SMS" }]
"""


@pytest.fixture
async def line(settings: Settings, tmp_path: Any) -> AsyncIterator[Wired]:
    folder = settings.agency_file.parent
    text = settings.agency_file.read_text(encoding="utf-8")
    text = text.replace('roads = "roads"', f'roads = "{folder / "roads"}"')
    (tmp_path / "agency.toml").write_text(text + LADDER, encoding="utf-8")
    over = settings.model_copy(update={"agency_file": tmp_path / "agency.toml"})
    async with wired(over) as found:
        yield found


async def test_a_team_is_tested_and_the_report_says_who_was_reached(line: Wired) -> None:
    board, engine = line.town.app.desk.board, line.town.app.engine
    team = max(await line.commander.get("/teams"), key=lambda t: t["members"])
    ids = (await line.commander.get(f"/team/{team['id']}/members"))["volunteer_ids"]
    assert len(ids) == team["members"] > 2
    phones = [contacts(engine, [one])[one].phone for one in ids]
    line.carrier.faults[phones[1]] = Fault.REFUSED

    started = await line.commander.done(
        "reach_test.start", name="July", volunteer_ids=ids, minutes=5
    )
    notices = [of_test(TestId(started["test"]), VolunteerId(one)) for one in ids]
    path = f"/reach_tests/{started['test']}"
    await until(lambda: all(board.notices[n].by(Medium.SMS) for n in notices))
    assert line.carrier.write(phones[0], "1")
    await until(lambda: board.notices[notices[0]].seen_at)
    delivered = SendStatus.DELIVERED
    others = notices[2:]
    await until(lambda: all(board.notices[n].by(Medium.SMS).status is delivered for n in others))

    report = await line.commander.get(path)
    assert report["test"]["name"] == "July"
    assert report["media"]["SMS"] == {
        "told": len(ids) - 1, "delivered": len(ids) - 1, "seen": 1, "failed": 1,
    }  # fmt: skip
    assert (report["seen"], report["median_s"]) == (1, report["people"][0]["after_s"])
    assert [one["id"] for one in report["people"]] == ids
    told = [(one["status"], one["by"]) for one in report["people"]]
    assert told == [("SEEN", "SMS"), ("FAILED", None), *[("DELIVERED", "SMS")] * len(others)]


async def test_the_report_as_a_file_and_every_look_at_names_leaves_a_trace(town: Town) -> None:
    commander = await town.commander()
    test = await commander.done("reach_test.start", name="July", volunteer_ids=[5, 6], minutes=5)
    notices = town.app.desk.board.notices
    ids = [of_test(TestId(test["test"]), VolunteerId(n)) for n in (5, 6)]
    await until(lambda: all(notices[i].by(Medium.PUSH) for i in ids))
    answer = await commander.http.get(f"/api/command/reach_tests/{test['test']}?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, *rows = answer.content.decode("utf-8-sig").splitlines()
    assert head.split(",") == list(COLUMNS)
    assert [row.split(",")[3] for row in rows] == ["NO_ADDRESS", "NO_ADDRESS"]
    with town.app.engine.connect() as connection:
        looked = connection.execute(sa.select(look.c.volunteer_id).order_by(look.c.id)).scalars()
        assert looked.all() == [5, 6]


async def test_what_is_not_there(town: Town) -> None:
    commander = await town.commander()
    for path in ("reach_tests/none", "team/999999/members", "team/0/members"):
        refused = await commander.http.get(f"/api/command/{path}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_volunteers_and_strangers_read_no_reports(town: Town) -> None:
    phone = await town.phone(5)
    for path in ("teams", "team/1/members", "reach_tests/x"):
        assert (await phone.http.get(f"/api/command/{path}")).status_code == 401


@pytest.mark.parametrize("value", ["=1+1", "+999", "-2", "@x", "\tx"])
def test_a_name_is_never_a_formula(value: str) -> None:
    assert _cell(value) == "'" + value
    assert (_cell("王甲子"), _cell(None), _cell(12)) == ("王甲子", "", "12")
