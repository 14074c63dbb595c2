"""A board out of needs: published through the rules, or refused by one."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dispatch.errors import BadInput
from dispatch.matching.policy import MatchPolicy
from dispatch.model import NeedStatus, Severity
from dispatch.rules import checks, incidents, needs
from dispatch.standalone.situation import FIELDS, situation
from tests.standalone.test_needs import HERE, NOW, feature, read

SAFE = {
    "risk_assessment": "done",
    "safety_plan_owner": "Chen",
    "safety_plan_measures": "Pairs",
}


def made(folder: Path, *features: Any, now: datetime = NOW) -> Any:
    return situation(read(folder, *features), now, MatchPolicy())


def test_needs_are_published_on_their_incidents(tmp_path: Path) -> None:
    flood = {"incident": "flood", "severity": "I", **SAFE}
    board, published = made(
        tmp_path,
        feature(id="a", **flood),
        feature([HERE[0], -29.5], id="b", hazard="H1", **flood),
        feature(id="c", kind="shelter"),
    )
    assert [published[n.id].id for n in board.needs.values()] == ["a", "b", "c"]
    assert all(n.status is NeedStatus.PUBLISHED for n in board.needs.values())
    assert [i.title for i in board.incidents.values()] == ["flood", "c"]
    one, two, _ = board.needs.values()
    assert one.incident_id == two.incident_id
    assert board.incidents[one.incident_id].severity is Severity.I
    assert (two.site.lat, two.hazard) == (-29.5, "H1")
    for name in ("skill", "level", "heads", "deadline_at", "ends_at", "reach_s", "region"):
        assert getattr(one, name) == getattr(published[one.id], name)


def test_widened_needs(tmp_path: Path) -> None:
    board, _ = made(
        tmp_path, feature(kind="shelter"), feature(id="w", kind="shelter", widened=True)
    )
    assert [n.widened for n in board.needs.values()] == [False, True]


def test_the_same_file_makes_the_same_board(tmp_path: Path) -> None:
    one, _ = made(tmp_path, feature(**SAFE))
    other, _ = made(tmp_path, feature(**SAFE))
    assert one.needs == other.needs


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"skill": "FLY"}, r"skill: is not a known skill \(skill FLY\)"),
        ({"level": 4}, r"level: expected 1 to 3 \(level 4\)"),
        ({"deadline_at": "2026-07-20T07:59:59Z"}, "deadline_at: is not in the future"),
        ({"ends_at": "2026-07-20T08:30:00Z"}, "ends_at: lies before deadline_at"),
        ({"deadline_at": "9999-12-31T23:59:59Z"}, "ends_at: lies too far ahead"),
        ({"verified": False}, "verified: a need that nobody verified"),
        ({"risk_assessment": ""}, "risk_assessment: H2 and above"),
        ({"safety_plan_owner": "", "safety_plan_measures": ""}, "safety_plan_owner, safety_plan_"),
        ({"note": "x" * 2_001}, r"is too long \(field note, most 2000\)"),
        ({"kind": "picnic", "hazard": "H2"}, "kind: is not a known kind"),
    ],
)
def test_what_a_rule_refuses_is_named(tmp_path: Path, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says) as error:
        made(tmp_path, feature(**SAFE | wrong))
    assert re.search(r"needs.geojson: feature 1 \(dike\) ", str(error.value))


CANNOT_HAPPEN = {"UNKNOWN_REGION", "INCIDENT_CLOSED", "BAD_REACH"}


def test_every_refusal_of_a_new_need_is_explained() -> None:
    rules = (incidents.open_incident, needs.add_need, needs._check_need, checks.check_publishable)
    source = "".join(map(inspect.getsource, rules))
    codes = set(re.findall(r'Rejected\(\s*"([A-Z_]+)"', source))
    assert len(codes) > 10
    assert codes - CANNOT_HAPPEN <= set(FIELDS)


def test_an_instant_elsewhere_on_earth(tmp_path: Path) -> None:
    board, _ = made(tmp_path, feature(**SAFE), now=NOW.astimezone(UTC))
    assert board.needs
