"""A log looked at from outside: whatever was done to it is found."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from dispatch.audit import LogHead, Problem, Report, agencies, audit, heads
from dispatch.model import AgencyId
from dispatch.registry.engine import open_engine, reading
from dispatch.settings import Settings
from tests.backup.made import AGENCY, execute, only_a_log
from tests.servers import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return only_a_log(tmp_path / "data")
    server: PostgresServer = request.getfixturevalue("postgres")
    return only_a_log(tmp_path / "data", server.database())


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    return only_a_log(tmp_path / "data")


def look(settings: Settings, expected: dict[int, str] | None = None) -> Report:
    engine = open_engine(settings.url)
    with reading(engine) as connection:
        report = audit(connection, AGENCY, expected)
    engine.dispose()
    return report


def problems(report: Report) -> set[Problem]:
    return {found.problem for found in report.found}


def test_a_log_that_the_program_wrote_is_sound(settings: Settings) -> None:
    report = look(settings)
    assert report.found == []
    assert report.sound
    assert report.events == sum(report.kinds.values()) == 8
    assert report.kinds["OfferAccepted"] == 2
    assert not report.exercise
    assert report.first_at is not None
    assert len(report.chain) == 64


def test_heads_and_audit_agree_on_the_chain(settings: Settings) -> None:
    report, engine = look(settings), open_engine(settings.url)
    with reading(engine) as connection:
        assert agencies(connection) == [AGENCY]
        found = heads(connection)
    engine.dispose()
    assert found == [
        LogHead(agency=AGENCY, log_id=report.log_id, seq=report.events, chain=report.chain)
    ]


def test_both_stores_have_the_same_chain(tmp_path: Path, postgres: PostgresServer) -> None:
    one, other = only_a_log(tmp_path / "a"), only_a_log(tmp_path / "b", postgres.database())
    execute(other, "UPDATE event SET at_us = at_us")
    assert look(one).chain == look(other).chain


COLUMNS = {
    "at_us": "at_us + 1",
    "kind": "'RainSet'",
    "version": "version + 1",
    "actor_role": "'system'",
    "actor_id": "'somebody else'",
    "action_id": "'another'",
    "exercise": "NOT exercise",
    "body": "x'7b7d'",
}


@pytest.mark.parametrize(("column", "seq"), list(itertools.product(COLUMNS, (1, 4, 8))))
def test_a_changed_entry_changes_the_chain(small: Settings, column: str, seq: int) -> None:
    before = look(small)
    execute(small, f"UPDATE event SET {column} = {COLUMNS[column]} WHERE seq = {seq}")
    after = look(small, {8: before.chain})
    assert after.chain != before.chain
    assert Problem.CHAIN in problems(after)


def test_a_chain_noted_down_earlier_still_holds_when_more_was_written(small: Settings) -> None:
    noted = look(small).chain
    execute(
        small,
        "INSERT INTO event SELECT agency, 9, at_us, kind, version, actor_role, actor_id, 'x', "
        "exercise, body FROM event WHERE seq = 8",
        "INSERT INTO action SELECT agency, 'x', digest, 9, 9 FROM action LIMIT 1",
        "UPDATE log_head SET seq = 9",
    )
    assert look(small, {8: noted}).sound
    assert problems(look(small, {10: noted})) == {Problem.CHAIN}


@pytest.mark.parametrize(
    ("problem", "harm"),
    [
        (Problem.GAP, "DELETE FROM event WHERE seq = 3"),
        (Problem.GAP, "DELETE FROM event WHERE seq = 1"),
        (Problem.HEAD, "DELETE FROM event WHERE seq = 8"),
        (Problem.HEAD, "UPDATE log_head SET seq = 99"),
        (Problem.UNREADABLE, "UPDATE event SET body = '[]' WHERE seq = 5"),
        (Problem.UNREADABLE, "UPDATE event SET kind = 'NeverHeardOf' WHERE seq = 5"),
        (Problem.UNREADABLE, "UPDATE event SET actor_role = 'nobody' WHERE seq = 5"),
        (
            Problem.UNFOLDABLE,
            "UPDATE event SET kind = 'OfferExpired', body = '{\"offer_id\": \"none\"}' "
            "WHERE seq = 5",
        ),
        (Problem.ACTION, "DELETE FROM action WHERE first_seq = 2"),
        (Problem.ACTION, "UPDATE action SET last_seq = 7 WHERE first_seq = 1"),
        (
            Problem.ACTION,
            "INSERT INTO action SELECT agency, 'ghost', digest, 50, 51 FROM action "
            "WHERE first_seq = 1",
        ),
        (Problem.EXERCISE, "UPDATE event SET exercise = NOT exercise WHERE seq = 8"),
    ],
)
def test_every_harm_is_found(settings: Settings, problem: Problem, harm: str) -> None:
    execute(settings, harm)
    assert problem in problems(look(settings))


def test_a_body_of_the_wrong_type_is_found(small: Settings) -> None:
    execute(small, "UPDATE event SET body = 5 WHERE seq = 5")
    assert Problem.UNREADABLE in problems(look(small))


def test_acceptance_without_cover_evidence_is_found(small: Settings) -> None:
    bare = "json_remove(CAST(body AS TEXT), '$.cover')"
    execute(small, f"UPDATE event SET body = CAST({bare} AS BLOB) WHERE kind = 'OfferMade'")
    found = problems(look(small))
    assert found & {Problem.COVER, Problem.UNREADABLE, Problem.UNFOLDABLE}


def test_more_people_than_the_maximum_are_found(small: Settings) -> None:
    body = "CAST(body AS TEXT)"
    for word in ("minimum", "desired", "maximum"):
        body = f"json_set({body}, '$.need.heads.{word}', 1)"
    execute(small, f"UPDATE event SET body = CAST({body} AS BLOB) WHERE kind = 'NeedAdded'")
    report = look(small)
    assert {(f.problem, f.seq) for f in report.found if f.problem is Problem.MAXIMUM} == {
        (Problem.MAXIMUM, 7)
    }


def test_a_clock_that_was_set_back_is_told_but_no_fault(small: Settings) -> None:
    execute(small, "UPDATE event SET at_us = at_us - 3600000000 WHERE seq = 8")
    report = look(small)
    assert report.steps_back == 1
    assert report.sound


def test_a_ruin_is_told_in_so_many_lines(small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.audit.PROBLEMS_MOST", 3)
    execute(small, "UPDATE event SET body = '[]'")
    assert len(look(small).found) == 3


def test_an_empty_log_is_sound(small: Settings) -> None:
    engine = open_engine(small.url)
    with reading(engine) as connection:
        report = audit(connection, AgencyId("nobody"))
    engine.dispose()
    assert report.sound
    assert report.events == 0
