from __future__ import annotations

import errno
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from dispatch.errors import BadInput
from dispatch.registry import roster_csv, tables
from dispatch.registry.engine import reading
from dispatch.registry.roster_csv import ImportReport, import_roster
from dispatch.registry.roster_rows import COLUMNS, OPTIONAL, Problem
from dispatch.registry.snapshot import load_roster
from dispatch.settings import ROOT
from dispatch.taxonomy import LANGUAGES

from .test_roster_rows import CELLS

HEADER = ",".join(COLUMNS)


def _line(number: str, **cells: str) -> str:
    return ",".join((CELLS | {"number": number} | cells).values())


def _import(engine: Engine, path: Path, now: datetime, data: str | bytes) -> ImportReport:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return import_roster(engine, path, now)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "roster.csv"


def _numbers(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        number = tables.volunteer.c.number
        return list(connection.execute(select(number).order_by(number)).scalars())


def test_a_file_is_loaded_and_can_be_dispatched(
    registry: Engine, path: Path, now: datetime
) -> None:
    header = f"{HEADER},verified_by"
    rows = [_line("V1") + ",office", _line("V2", policies="HIGH", skills="LOG") + ","]
    report = _import(registry, path, now, "\n".join([header, *rows]))
    assert report == ImportReport(read=2, added=2, updated=0, unchanged=0, problems=())
    roster = load_roster(registry)
    assert roster.consent.tolist() == [True, True]
    assert roster.cover.tolist() == [[1], [0]]
    assert roster.credentials["BOAT"].verified.tolist() == [True]  # type: ignore[index]
    assert roster.credentials["LOG"].verified.tolist() == [True, False]  # type: ignore[index]


def test_hours_languages_and_seats_reach_the_roster(
    registry: Engine, path: Path, now: datetime
) -> None:
    header = f"{HEADER},seats,languages,served_h"
    rows = [
        _line("V1") + ",3,zh;ko,120",
        _line("V2") + ",,,",
        _line("V3") + ",61,zh;xx,-4",
        _line("V4", mode="foot") + ",2,,",
    ]
    report = _import(registry, path, now, "\n".join([header, *rows]))
    assert [(one.line, one.column, one.value) for one in report.problems] == [
        (4, "languages", "zh;xx"),
        (4, "seats", "61"),
        (4, "served_h", "-4"),
        (5, "seats", "2"),
    ]
    roster = load_roster(registry)
    assert roster.served_h.tolist() == [120, 0]
    assert roster.seats.tolist() == [3, 0]
    spoken = [
        {code for at, code in enumerate(roster.language_codes) if mask >> at & 1}
        for mask in roster.languages.tolist()
    ]
    assert spoken == [{"zh", "ko"}, set()]


def test_every_column_and_language_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "roster.md").read_text(encoding="utf-8")
    for word in (*COLUMNS, *OPTIONAL, *LANGUAGES):
        assert f"`{word}`" in page, word


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["", "{n}", "{n}{n},,{n}"])
def test_any_line_end_with_or_without_bom(
    registry: Engine, path: Path, now: datetime, newline: str, bom: str, end: str
) -> None:
    text = bom + newline.join([HEADER, _line("V1"), "", _line("V2")]) + end.format(n=newline)
    report = _import(registry, path, now, text)
    assert (report.read, report.added) == (2, 2)
    assert report.problems == ()


def test_columns_may_come_in_any_order_and_quoted(
    registry: Engine, path: Path, now: datetime
) -> None:
    columns = sorted(COLUMNS, reverse=True)
    row = ",".join(f'" {CELLS[column]} "' for column in columns)
    report = _import(registry, path, now, f"{','.join(columns)}\n{row}\n")
    assert (report.added, report.problems) == (1, ())


def test_importing_again_changes_nothing(registry: Engine, path: Path, now: datetime) -> None:
    text = "\n".join([HEADER, _line("V1"), _line("V2", team="", policies="HIGH:2026-01-01")])
    _import(registry, path, now, text)
    before = _everything(registry)
    report = _import(registry, path, now + timedelta(days=1), text)
    assert report == ImportReport(read=2, added=0, updated=0, unchanged=2, problems=())
    assert _everything(registry) == before


def _everything(engine: Engine) -> list[object]:
    with reading(engine) as connection:
        return [
            tuple(row)
            for table in tables.metadata.sorted_tables
            for row in connection.execute(select(table).order_by(*table.primary_key))
        ]


def test_changes_update(registry: Engine, path: Path, now: datetime) -> None:
    _import(registry, path, now, "\n".join([HEADER, _line("V1"), _line("V2")]))
    text = "\n".join([HEADER, _line("V1", phone="+99977777777"), _line("V2"), _line("V3")])
    report = _import(registry, path, now, text)
    assert (report.added, report.updated, report.unchanged) == (1, 1, 1)
    with reading(registry) as connection:
        phones = connection.execute(
            select(tables.volunteer.c.phone).order_by(tables.volunteer.c.number)
        ).scalars()
        assert phones.all() == ["+99977777777", "+99900000001", "+99900000001"]


def test_a_bad_row_is_told_and_the_rest_is_loaded(
    registry: Engine, path: Path, now: datetime
) -> None:
    rows = [
        _line("V1"),
        _line("V2", birth_on="1990-02-30", fit="perhaps"),
        _line("V3")[:-5],
        _line("V4") + ",more",
        'V5,"open quote' + "," * 17,
        _line("V6"),
        "just a word",
    ]
    report = _import(registry, path, now, "\n".join([HEADER, *rows]))
    assert _numbers(registry) == ["V1", "V6"]
    assert (report.read, report.added) == (7, 2)
    assert [(one.line, one.column) for one in report.problems] == [
        (3, "birth_on"),
        (3, "fit"),
        (4, ""),
        (5, ""),
        (6, ""),
        (8, ""),
    ]
    assert report.problems[0] == Problem(
        3, "birth_on", "1990-02-30", "is not a day of the calendar"
    )
    assert report.problems[2].reason == "has 18 cells, the header has 19"


def test_rows_that_share_a_number_are_all_left_out(
    registry: Engine, path: Path, now: datetime
) -> None:
    """Which of them is right would be a guess."""
    rows = [_line("V1", fit="no"), _line("V2"), _line("V1", fit="broken")]
    report = _import(registry, path, now, "\n".join([HEADER, *rows]))
    assert _numbers(registry) == ["V2"]
    assert [(one.line, one.column, one.value, one.reason) for one in report.problems] == [
        (2, "number", "V1", "is on lines 2, 4"),
        (4, "number", "V1", "is on lines 2, 4"),
    ]


def test_rows_without_number_are_each_told(registry: Engine, path: Path, now: datetime) -> None:
    report = _import(registry, path, now, "\n".join([HEADER, _line(""), _line("")]))
    assert [(one.line, one.column) for one in report.problems] == [(2, "number"), (3, "number")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b" \r\n\n", "is empty"),
        (HEADER.encode("utf-16"), "line 1 holds NUL bytes"),
        (f"{HEADER}\nV1,\0".encode(), "line 2 holds NUL bytes"),
        (f"{HEADER}\n王".encode("gb18030"), "line 2 is not UTF-8"),
        (b"number,name\n", "lacks phone, status"),
        (HEADER.replace(",lon", "").encode(), "lacks lon"),
        (f"{HEADER},e-mail".encode(), "has unknown e-mail"),
        (f"{HEADER},lon".encode(), "repeats lon"),
        (HEADER.replace(",", ";").encode(), "lacks number"),
        (b'"number', "is not a CSV header"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_whole(
    registry: Engine, path: Path, now: datetime, data: bytes, reason: str
) -> None:
    with pytest.raises(BadInput, match=reason) as refusal:
        _import(registry, path, now, data)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_path_that_cannot_be_read_is_refused(
    registry: Engine, path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in (path, path.parent):
        with pytest.raises(BadInput, match="is not a file"):
            import_roster(registry, wrong, now)
    path.write_text(HEADER)
    monkeypatch.setattr(roster_csv, "MAX_BYTES", 10)
    with pytest.raises(BadInput, match="larger than"):
        import_roster(registry, path, now)


def test_a_file_without_permission_is_refused(
    registry: Engine, path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permissions do not bind root, under which the suite may run: the refusal is played."""

    def refuse(_: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    path.write_text(HEADER)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(BadInput, match="Permission denied"):
        import_roster(registry, path, now)


def test_a_header_alone_adds_nobody(registry: Engine, path: Path, now: datetime) -> None:
    report = _import(registry, path, now, HEADER)
    assert report == ImportReport(read=0, added=0, updated=0, unchanged=0, problems=())


def test_ten_thousand_rows(registry: Engine, path: Path, now: datetime) -> None:
    rows = [_line(f"V{i}", name=f"王{i}") for i in range(10_000)]
    text = "\n".join([HEADER, *rows])
    assert _import(registry, path, now, text).added == 10_000
    again = _import(registry, path, now, text.replace("王77,", "李77,"))
    assert (again.added, again.updated, again.unchanged) == (0, 1, 9_999)
    with reading(registry) as connection:
        count = select(func.count()).select_from(tables.credential)
        assert connection.execute(count).scalar() == 20_000


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400))
def test_junk_bytes_are_refused(registry: Engine, path: Path, now: datetime, data: bytes) -> None:
    with pytest.raises(BadInput):
        _import(registry, path, now, data)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rest=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_junk_rows_are_told_or_refused(
    registry: Engine, path: Path, now: datetime, rest: bytes
) -> None:
    data = "\n".join([HEADER, _line("V1"), ""]).encode() + rest
    try:
        report = _import(registry, path, now, data)
    except BadInput:
        return
    assert report.added + report.unchanged == 1
    assert report.read == 1 + len({problem.line for problem in report.problems})
