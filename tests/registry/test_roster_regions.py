from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, select

from dispatch.model import RegionCode
from dispatch.registry.catalogue import Region, add_regions
from dispatch.registry.engine import reading, writing
from dispatch.registry.roster_csv import ImportReport, import_roster
from dispatch.registry.roster_rows import COLUMNS, Problem
from dispatch.registry.tables import volunteer

from .test_roster_rows import CELLS


def _at(lon: np.ndarray, lat: np.ndarray) -> list[RegionCode | None]:
    """9901 lies west of 20 degrees east, 9902 east of it, nothing west of 0."""
    return [
        None if x < 0 else RegionCode("9901") if x < 20 else RegionCode("9902")
        for x in lon.tolist()
    ]


def _import(engine: Engine, path: Path, now: datetime, *rows: dict[str, str]) -> ImportReport:
    lines = [",".join(COLUMNS), *(",".join((CELLS | row).values()) for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return import_roster(engine, path, now, _at)


def _regions(engine: Engine) -> dict[str, str]:
    with reading(engine) as connection:
        rows = connection.execute(select(volunteer.c.number, volunteer.c.region))
        return {number: region for number, region in rows}


def test_a_row_without_a_region_gets_that_of_the_home(
    registry: Engine, tmp_path: Path, now: datetime
) -> None:
    report = _import(
        registry,
        tmp_path / "r.csv",
        now,
        {"number": "V1", "region": "", "lon": "10"},
        {"number": "V2", "region": "", "lon": "30"},
        {"number": "V3", "region": "", "lon": "-10"},
    )
    assert _regions(registry) == {"V1": "9901", "V2": "9902"}
    (problem,) = report.problems
    assert (problem.line, problem.column) == (4, "region")
    assert report.warnings == ()


def test_a_region_that_contradicts_the_home_stands_with_a_warning(
    registry: Engine, tmp_path: Path, now: datetime
) -> None:
    town = Region(code=RegionCode("990101"), parent=None, level=3, name_zh="镇", name_en="Town")
    with writing(registry) as connection:
        add_regions(connection, [town])
    report = _import(
        registry,
        tmp_path / "r.csv",
        now,
        {"number": "V1", "region": "9902", "lon": "10"},
        {"number": "V2", "region": "99", "lon": "10"},  # the unit above is no contradiction
        {"number": "V3", "region": "9902", "lon": "-10"},  # nor is a home beyond all boundaries
        {"number": "V4", "region": "990101", "lon": "10"},  # nor a town without a boundary
    )
    assert _regions(registry) == {"V1": "9902", "V2": "99", "V3": "9902", "V4": "990101"}
    assert report.warnings == (Problem(2, "region", "9902", "but the home lies in 9901"),)


def test_without_boundaries_a_region_is_needed(
    registry: Engine, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "r.csv"
    _import(registry, path, now, {"number": "V1", "region": "", "lon": "10"})
    report = import_roster(registry, path, now)
    assert [(one.line, one.column) for one in report.problems] == [(2, "region")]


def test_codes_with_closing_zeros_are_known_by_their_short_form(
    registry: Engine, tmp_path: Path, now: datetime
) -> None:
    city = Region(code=RegionCode("2205"), parent=None, level=1, name_zh="市", name_en="City")
    with writing(registry) as connection:
        add_regions(connection, [city])
    report = _import(registry, tmp_path / "r.csv", now, {"number": "V1", "region": "220500"})
    assert report.problems == ()
    assert _regions(registry) == {"V1": "2205"}
