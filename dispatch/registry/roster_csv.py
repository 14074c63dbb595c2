"""Import of a roster file: UTF-8, comma-separated, one person a line, known by `number`.

The header has the columns of `roster_rows.COLUMNS` in any order, and those of OPTIONAL if wanted:

- `fit guardian consent available`: yes/no, true/false, 1/0 or 是/否. `consent` is that to being
  dispatched; consent to sharing the position is given on the phone, never by a file.
- days are `2027-05-01`; an empty `trained_until_on` means the safety course was not done.
- `team` is the team's name or empty, `lon`, `lat` the home in degrees. `region` is a code; empty
  for that of the home, where boundaries were imported. A region that the home does not lie in
  stands, with a warning.
- `skills`: `BOAT:2:2027-05-01;LOG`, each `code[:level[:expires_on[:trained_until_on]]]`. The
  level is 1 when left out. A skill whose proof expires needs its last valid day.
- `policies`: `clause[:activated_on];...` by clause or id.
- `verified_by`: who saw the proofs of this row. Without it skills are claims: stored, not
  verified, and no ground for an offer.
- `served_h`: whole hours served before this log began; empty for 0.
- `languages`: `zh;en`, codes of `taxonomy.LANGUAGES`; empty for none stated. How somebody can be
  spoken to, never who they are: ethnicity has no column, here or in the registry.
- `crs`: the system of `lon`, `lat`, one of `geo.crs.Crs`; empty for WGS-84. Stored as WGS-84.
- `seats`: how many passengers their own car takes, 0 to 60; empty for 0, as it must be for whoever
  does not come by car.

A row states a person whole: skills and policies it no longer lists are taken off. What it cannot
or does not say stays as it was: activation, courses of a skill, verification, and hours, languages
and seats where the file lacks the column. But a proof whose level or days change is a new proof,
verified only if the row says by whom; and who no longer comes by car has no seats.

A row that cannot be read is reported and left out, as are all rows that share a number: which of
them is right would be a guess. The others are stored in one transaction, or none if that fails.
"""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, select

from dispatch.errors import BadInput
from dispatch.model import PolicyId, RegionCode
from dispatch.registry.catalogue import region_tree
from dispatch.registry.engine import reading, serialise, writing
from dispatch.registry.roster_merge import merge
from dispatch.registry.roster_regions import RegionsAt, nowhere, with_regions
from dispatch.registry.roster_rows import (
    COLUMNS,
    OPTIONAL,
    Problem,
    References,
    Row,
    read_row,
    shown,
)
from dispatch.registry.tables import policy, region, team

MAX_BYTES: Final = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did: `read` rows, of which some were stored; the others are `problems`.

    `warnings` are about rows that were stored.
    """

    read: int
    added: int
    updated: int
    unchanged: int
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: Mapping[str, str]


def import_roster(
    engine: Engine, path: Path, now: datetime, regions_at: RegionsAt = nowhere
) -> ImportReport:
    """Store the people of a roster file; importing the same file again changes nothing.

    `regions_at` knows the imported boundaries.

    Raises:
        BadInput: the file cannot be read, is empty, is not UTF-8 text, or its header is not right.
    """
    lines, problems = _lines(_text(path), path)
    read = len(lines) + len(problems)
    known = _references(engine, now.astimezone(UTC).date())
    problems += _repeated(lines)
    skip = {problem.line for problem in problems}
    rows: list[Row] = []
    for line in lines:
        if line.number not in skip:
            row = read_row(line.number, line.cells, known)
            rows.append(row) if isinstance(row, Row) else problems.extend(row)
    with reading(engine) as connection:
        tree = region_tree(connection)
    rows, homeless, warnings = with_regions(rows, regions_at, tree)
    problems += homeless
    with writing(engine) as connection:
        serialise(connection, "import_roster")
        counts = merge(connection, rows, now)
    return ImportReport(
        read=read,
        added=counts.added,
        updated=counts.updated,
        unchanged=counts.unchanged,
        problems=tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))),
        warnings=tuple(warnings),
    )


def named_regions(path: Path) -> frozenset[RegionCode]:
    """Return the region codes a roster file names, for a registry that starts with none.

    Raises:
        BadInput: as `import_roster`.
    """
    lines, _ = _lines(_text(path), path)
    return frozenset(RegionCode(line.cells["region"]) for line in lines if line.cells["region"])


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise BadInput(f"{path} is not a file")
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{path} is larger than {MAX_BYTES // 1_000_000} MB")
        data = path.read_bytes().removeprefix(BOM_UTF8)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from None
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise BadInput(f"{path} line {line} holds NUL bytes; save it as CSV in UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput(f"{path} line {line} is not UTF-8; save it as CSV in UTF-8") from None
    if not text.strip():
        raise BadInput(f"{path} is empty")
    return text


def _lines(text: str, path: Path) -> tuple[list[_Line], list[Problem]]:
    """Return the rows as cells by column, and those that are no rows.

    Line by line, so that a quote left open spoils its own line and not the rest of the file; no
    cell of a roster holds a line break.
    """
    first, *rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    header = _header(first, path)
    lines, problems = [], []
    for number, line in enumerate(rest, start=2):
        try:
            cells = _cells(line)
        except csv.Error as error:
            problems.append(Problem(number, "", shown(line), f"is not a CSV row: {error}"))
            continue
        if not any(cells):
            continue
        if len(cells) != len(header):
            reason = f"has {len(cells)} cells, the header has {len(header)}"
            problems.append(Problem(number, "", shown(line), reason))
        else:
            lines.append(_Line(number, dict(zip(header, cells, strict=True))))
    return lines, problems


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], strict=True), [])]


def _header(line: str, path: Path) -> list[str]:
    try:
        header = _cells(line)
    except csv.Error as error:
        raise BadInput(f"{path} line 1 is not a CSV header: {error}") from None
    missing = [column for column in COLUMNS if column not in header]
    unknown = [shown(column) for column in header if column not in (*COLUMNS, *OPTIONAL)]
    twice = [column for column, count in Counter(header).items() if count > 1]
    complaints = (("lacks", missing), ("has unknown", unknown), ("repeats", twice))
    wrong = [f"{verb} {', '.join(columns)}" for verb, columns in complaints if columns]
    if wrong:
        raise BadInput(f"{path} line 1: the header {'; '.join(wrong)}")
    return header


def _repeated(lines: Sequence[_Line]) -> list[Problem]:
    places: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        places[line.cells["number"]].append(line.number)
    return [
        Problem(one, "number", shown(number), f"is on lines {', '.join(map(str, on[:5]))}")
        for number, on in places.items()
        if number and len(on) > 1
        for one in on
    ]


def _references(engine: Engine, today: date) -> References:
    with reading(engine) as connection:
        contracts = connection.execute(select(policy.c.id, policy.c.clause)).all()
        return References(
            regions=frozenset(map(RegionCode, connection.execute(select(region.c.code)).scalars())),
            teams={name: at for at, name in connection.execute(select(team.c.id, team.c.name))},
            policies={str(at): PolicyId(at) for at, _ in contracts}
            | {clause: PolicyId(at) for at, clause in contracts},
            today=today,
        )
