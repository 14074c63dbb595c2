from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dispatch.exchange.rows import Code, Feature, Outcome, Refused, Report, each, features
from dispatch.settings import ROOT

from .made import POINT, layer


def said(**values: Any) -> Feature:
    return Feature(1, None, values)


def test_attributes_are_found_by_any_of_their_names() -> None:
    rows = [{"NAME": "a", "类型": "洪水", "descriptio": "cut to ten letters", "other": 1}]
    aliases = {
        "kind": ("kind", "类型"),
        "name": ("name",),
        "description": ("description",),
        "x": ("x",),
    }
    (feature,) = features(layer(rows, POINT), {**aliases, "absent": ("absent",)})
    assert dict(feature.said) == {"kind": "洪水", "name": "a", "description": "cut to ten letters"}
    (feature,) = features(layer([{"a": 1, "b": 2}], POINT), {"x": ("b", "a")})
    assert dict(feature.said) == {"x": 2}, "the first name in the list counts"


@pytest.mark.parametrize(
    ("value", "text"),
    [("  x ", "x"), (220524.0, "220524"), (1.5, "1.5"), (7, "7"), (None, ""), (float("nan"), "")],
)
def test_values_as_text(value: Any, text: str) -> None:
    assert said(a=value).text("a", "") == text


def test_what_is_missing_or_too_long() -> None:
    with pytest.raises(Refused, match="a is missing") as no:
        said(a=" ").text("a")
    assert (no.value.code, no.value.field) == (Code.MISSING, "a")
    assert said().text("a", "default") == "default"
    with pytest.raises(Refused, match="longer than 3"):
        said(a="xxxx").text("a", most=3)


@pytest.mark.parametrize("code", list(Code))
def test_every_code_is_documented(code: Code) -> None:
    page = (ROOT / "docs" / "reference" / "exchange.md").read_text(encoding="utf-8")
    assert f"`{code}`" in page


def test_numbers() -> None:
    assert [said(a=v).number("a", 9) for v in ("2.5", 3, None, "")] == [2.5, 3, 9, 9]
    for wrong in ("many", "inf", "nan", "1e999"):
        with pytest.raises(Refused, match="is not a number"):
            said(a=wrong).number("a", 0)


def test_instants() -> None:
    noon = datetime(2026, 7, 20, 12, tzinfo=UTC)
    for text in ("2026-07-20T12:00:00Z", "2026-07-20 20:00:00+08:00", "2026-07-20T12:00+00:00"):
        assert said(a=text).instant("a") == noon
    assert said(a=None).instant("a") is None
    for wrong in ("2026-07-20T12:00:00", "tomorrow", "2026-07-20"):
        with pytest.raises(Refused, match="not an instant with its time zone"):
            said(a=wrong).instant("a")


def test_choices() -> None:
    words = {"洪水": "flood"}
    for text in ("flood", "FLOOD", "洪水"):
        assert said(a=text).choice("a", ("flood", "fire"), words) == "flood"
    assert said().choice("a", ("flood", "fire"), words, "fire") == "fire"
    with pytest.raises(Refused, match="'storm' is none of flood, fire"):
        said(a="storm").choice("a", ("flood", "fire"), words)
    with pytest.raises(Refused, match="is missing"):
        said().choice("a", ("flood", "fire"), words)


def test_each_feature_is_made_repaired_or_refused() -> None:
    def make(feature: Feature) -> str:
        if feature.row == 2:
            feature.mended += [(Code.MENDED, "crossed itself"), (Code.SIMPLIFIED, "9 to 3")]
        return feature.text("name")

    found = layer([{"name": "a"}, {"name": "b"}, {"name": None}], POINT, POINT, POINT)
    read = each(features(found, {"name": ("name",)}), make)
    assert read.made == {1: "a", 2: "b"}
    assert [(one.row, one.name, one.outcome, one.code, one.field) for one in read.lines] == [
        (1, "a", Outcome.ACCEPTED, "", ""),
        (2, "b", Outcome.REPAIRED, "MENDED,SIMPLIFIED", "geometry"),
        (3, "", Outcome.REFUSED, "MISSING", "name"),
    ]
    assert read.lines[1].message == "crossed itself; 9 to 3"
    report = Report(file="f", dry_run=True, lines=read.lines)
    assert [report.count(outcome) for outcome in Outcome] == [1, 1, 1]
