"""Needs out of GeoJSON: defaults, and one error that names file, feature and field."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.errors import BadInput
from dispatch.model import HazardClass, Heads, SafetyPlan, Severity, Site
from dispatch.standalone.needs import FileNeed, check_places, read_needs

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)
HERE = [-71.26, -29.9]


def feature(at: Any = HERE, **properties: Any) -> dict[str, Any]:
    stated = {"id": "dike", "skill": "LOG", "region": "04101"} | properties
    geometry = {"type": "Point", "coordinates": at}
    return {"type": "Feature", "geometry": geometry, "properties": stated}


def written(folder: Path, *features: Any, **more: Any) -> Path:
    path = folder / "needs.geojson"
    collection = {"type": "FeatureCollection", "features": features} | more
    path.write_text(json.dumps(collection), encoding="utf-8")
    return path


def read(folder: Path, *features: Any, **more: Any) -> tuple[FileNeed, ...]:
    return read_needs(written(folder, *features, **more), NOW)


def test_defaults(tmp_path: Path) -> None:
    (need,) = read(tmp_path, feature())
    assert (need.id, need.incident, need.skill, need.level) == ("dike", "dike", "LOG", 1)
    assert (need.kind, need.severity, need.hazard) == ("other", Severity.III, HazardClass.H2)
    assert need.heads == Heads(minimum=1, desired=1, maximum=1)
    assert need.site == Site(lon=-71.26, lat=-29.9)
    assert need.reach_s == 7_200
    assert need.deadline_at == NOW + timedelta(hours=2)
    assert need.ends_at == NOW + timedelta(hours=6)
    assert (need.verified, need.widened, need.safety_plan) == (True, False, None)


def test_what_is_stated_stands(tmp_path: Path) -> None:
    stated = {
        "incident": 7,
        "kind": "dike",
        "severity": "I",
        "hazard": "H4",
        "level": 2,
        "minimum": 2,
        "desired": 3,
        "deadline_at": "2026-07-20T17:00:00+08:00",
        "ends_at": "2026-07-20T20:00:00Z",
        "reach_s": 600,
        "safety_plan_owner": "Chen",
        "safety_plan_measures": "Pairs",
        "note": None,
    }
    (need,) = read(tmp_path, feature([*HERE, 12.5], **stated))
    assert (need.incident, need.kind, need.severity) == ("7", "dike", Severity.I)
    assert (need.hazard, need.level) == (HazardClass.H4, 2)
    assert need.heads == Heads(minimum=2, desired=3, maximum=3)
    assert need.deadline_at == NOW + timedelta(hours=1)
    assert need.ends_at == NOW + timedelta(hours=12)
    assert need.safety_plan == SafetyPlan(owner="Chen", measures="Pairs")
    assert need.note == ""


def test_the_hazard_follows_the_kind(tmp_path: Path) -> None:
    kinds = {"shelter": HazardClass.H1, "dike": HazardClass.H3}
    found = read(tmp_path, *(feature(id=kind, kind=kind) for kind in kinds))
    assert [need.hazard for need in found] == list(kinds.values())


def test_ids_of_features_and_whole_numbers(tmp_path: Path) -> None:
    one, two = feature(id=None) | {"id": "x"}, feature(id=None) | {"id": 2}
    assert [need.id for need in read(tmp_path, one, two)] == ["x", "2"]


NAN = float("nan")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (feature(reach_s=-1), r"1 \(dike\) reach_s: Expected `int` >= 60, value -1"),
        (feature(reach_s=NAN), "reach_s: Expected `int`, got `float`, value NaN"),
        (feature(reach_s="soon"), 'reach_s: Expected `int`, got `str`, value "soon"'),
        (feature(minimum=3, desired=2), r"\(dike\) minimum, desired, maximum: .*got 3, 2, 2"),
        (feature(minimum=3, maximum=2), r"minimum, desired, maximum: .*got 3, 3, 2"),
        (feature(minimum=0), r"1 <= minimum .*got 0, 0, 0"),
        (feature(minimum=1.5), "minimum: Expected `int`"),
        (feature(severity="V"), "severity: .*V"),
        (feature(hazard="H5"), "hazard: .*H5"),
        (feature(kind="picnic"), r"kind: 'picnic' is none of flood, dike"),
        (feature(deadline_at="2026-07-20T09:00:00"), "deadline_at: .*timezone"),
        (feature(deadline_at="nine"), "deadline_at: .*nine"),
        (feature(minimun=3), "minimun: is not a documented property"),
        (feature(skill=None), "skill: is missing"),
        (feature(region=""), "region: Expected .*length >= 1"),
        (feature(id=None), "feature 1 id: is missing"),
        (feature(id=""), "id: expected a text of 1 to 64 characters"),
        (feature() | {"id": "other"}, "id: the feature's and its properties' differ"),
        (feature() | {"id": 1.5}, "id: expected a text"),
        (feature(incident="x" * 65), "incident: expected a text"),
        (feature(safety_plan_owner="Chen"), "safety_plan_owner, safety_plan_measures: .*measures"),
        (feature() | {"properties": None}, "properties: expected an object"),
        (feature() | {"type": "Thing"}, "feature 1 type: expected a GeoJSON Feature"),
        (3, "feature 1 type: expected a GeoJSON Feature"),
    ],
)
def test_a_wrong_feature_is_named(tmp_path: Path, wrong: Any, says: str) -> None:
    with pytest.raises(BadInput, match=says) as error:
        read(tmp_path, wrong)
    assert f"{tmp_path / 'needs.geojson'}: feature 1" in str(error.value)
    assert "\n" not in str(error.value)


def test_ids_come_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"feature 3 \(dike\) id: comes twice, see .*feature 1"):
        read(tmp_path, feature(), feature(id="a"), feature())


@pytest.mark.parametrize("field", ["kind", "severity", "region"])
def test_needs_of_one_incident_agree(tmp_path: Path, field: str) -> None:
    other = {"kind": "dike", "severity": "I", "region": "04102"}[field]
    one = feature(incident="flood")
    with pytest.raises(BadInput, match=rf"feature 2 \(b\) {field}: is {other}, but .*feature 1"):
        read(tmp_path, one, feature(id="b", incident="flood", **{field: other}))


def test_numbers_swapped_within_range_are_found_by_the_homes(tmp_path: Path) -> None:
    homes = np.array([-71.2, -71.3]), np.array([-29.9, -29.95])
    check_places(read(tmp_path, feature()), *homes)
    check_places(read(tmp_path, feature([10.0, 50.0])), *homes)  # far, but not swapped
    swapped = read(tmp_path, feature([-29.9, -71.26]))
    check_places(swapped, np.empty(0), np.empty(0))
    with pytest.raises(BadInput, match=r"feature 1 \(dike\) coordinates: .*expected lon, lat"):
        check_places(swapped, *homes)


def test_times_at_the_end_of_the_calendar(tmp_path: Path) -> None:
    (need,) = read(tmp_path, feature(deadline_at="9999-12-31T23:59:59Z"))
    assert need.ends_at == need.deadline_at


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
names = st.sampled_from(["id", "skill", "reach_s", "desired", "deadline_at", "incident", "kind"])


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(names, json_values, max_size=3), json_values)
def test_whatever_it_is_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, stated: dict[str, Any], at: Any
) -> None:
    folder = tmp_path_factory.getbasetemp()
    with contextlib.suppress(BadInput):
        (need,) = read(folder, feature(HERE if at is None else at, **stated))
        assert need.heads.minimum >= 1
