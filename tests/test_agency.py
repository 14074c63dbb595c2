"""The agency file: read whole, or refused naming what and where."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from dispatch.agency import load_agency
from dispatch.alerts.ladder import DEFAULT, Limits, Step, Unless
from dispatch.errors import BadInput
from dispatch.matching.acceptance import plain_model, preset
from dispatch.matching.alerting import FixedWaves, Hold
from dispatch.matching.alerting.book import AlertBook
from dispatch.matching.replies import CALL_OUT
from dispatch.model import Medium, Urgency
from dispatch.settings import ROOT

COQUIMBO = ROOT / "scenarios" / "coquimbo" / "agency.toml"


def test_the_demo_agency() -> None:
    agency = load_agency(COQUIMBO)
    assert agency.roads == COQUIMBO.parent / "roads"
    assert [r.code for r in agency.regions] == ["04", "041", "04101", "04102"]
    assert not agency.exercise
    assert agency.timezone == ZoneInfo("America/Santiago")
    assert agency.acceptance.rate == 0.36
    assert agency.book == AlertBook()


def test_it_can_be_handed_to_the_planners_process() -> None:
    agency = load_agency(COQUIMBO)
    assert pickle.loads(pickle.dumps(agency)) == agency


def written(folder: Path, more: str, change: tuple[str, str] = ("", "")) -> Path:
    path = folder / "agency.toml"
    text = COQUIMBO.read_text(encoding="utf-8").replace(*change, 1)
    path.write_text(f"{text}\n{more}\n", encoding="utf-8")
    return path


def test_how_people_are_asked_and_answer(tmp_path: Path) -> None:
    more = """
    [acceptance]
    model = "low"
    replies = "call-out"

    [[alerting]]
    severity = "I"
    kind = "hold"
    q = 0.97

    [[alerting]]
    kind = "fixed-waves"
    size = 5
    every_s = 60
    """
    agency = load_agency(written(tmp_path, more))
    assert (agency.acceptance.rate, agency.book.law) == (0.17, CALL_OUT)
    assert [rule.policy for rule in agency.book.rules] == [
        Hold(q=0.97),
        FixedWaves(size=5, every_s=60),
    ]


def test_how_people_are_told(tmp_path: Path) -> None:
    more = """
    [messages]
    sign_zh = "六合应急"
    quiet = ["22:30", "07:00"]
    cap = 5000
    prices = { SMS = 5, VOICE = 20 }

    [[messages.ladder]]
    urgency = "NORMAL"
    steps = [{ medium = "CHAT" }, { medium = "SMS", after_s = 300, unless = "seen" }]
    """
    telling = load_agency(written(tmp_path, more)).telling
    assert telling.ladder[Urgency.NORMAL] == (
        Step(medium=Medium.CHAT),
        Step(medium=Medium.SMS, after_s=300, unless=Unless.SEEN),
    )
    assert telling.ladder[Urgency.LIFE] == DEFAULT[Urgency.LIFE]
    prices = {Medium.SMS: 5, Medium.VOICE: 20}
    assert telling.limits == Limits(quiet=(1_350, 420), cap=5_000, prices=prices)
    assert telling.sign["zh"] == "六合应急"
    assert telling.sign["en"] == load_agency(COQUIMBO).name_en
    assert telling.zone == ZoneInfo("America/Santiago")


def test_by_default_nothing_is_held_back() -> None:
    telling = load_agency(COQUIMBO).telling
    assert (telling.ladder, telling.limits) == (DEFAULT, Limits())


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ('quiet = ["22:00", "25:00"]', "messages: '25:00' is no time of day"),
        ('quiet = ["22:00"]', "messages.quiet"),
        ("cap = -1", "messages: prices and the cap are not below 0"),
        ("prices = { SMS = -1 }", "messages: prices"),
        ("prices = { PIGEON = 1 }", "PIGEON"),
        ('ladder = [{ urgency = "LIFE", steps = [{ medium = "SOCKET" }] }]', "no step of a ladder"),
        ('ladder = [{ urgency = "HIGH", steps = [] }]', "HIGH"),
    ],
)
def test_bad_telling_is_named(tmp_path: Path, entry: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        load_agency(written(tmp_path, f"[messages]\n{entry}"))


def test_an_acceptance_model_from_a_file(tmp_path: Path) -> None:
    fitted = replace(preset("mid"), name="fitted", version=2, intercept=-1.0)
    (tmp_path / "acceptance.json").write_bytes(msgspec.json.encode(plain_model(fitted)))
    path = written(tmp_path, '[acceptance]\nmodel = "acceptance.json"')
    assert load_agency(path).acceptance == fitted


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[[alerting]]\nkind = "hold"\nq = 2', "agency.toml: .*q must be"),
        ('[[alerting]]\nkind = "shout"', "kind must be one of"),
        ('[acceptance]\nmodel = "none.json"', "neither low, mid, high nor a file: .*none.json"),
        ('[acceptance]\nmodel = "bad.json"', "bad.json: .*intercept"),
        ('[acceptance]\nmodel = "torn.json"', "torn.json: "),
        ('[acceptance]\nreplies = "pigeon"', "replies must be one of"),
    ],
)
def test_bad_asking_is_named(tmp_path: Path, more: str, says: str) -> None:
    (tmp_path / "bad.json").write_text('{"name": "x", "rate": 0.3}', encoding="utf-8")
    (tmp_path / "torn.json").write_text('{"name": "x', encoding="utf-8")
    with pytest.raises(BadInput, match=says):
        load_agency(written(tmp_path, more))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "America"])
def test_an_unknown_time_zone(tmp_path: Path, zone: str) -> None:
    path = written(tmp_path, "", ("America/Santiago", zone))
    with pytest.raises(BadInput, match=f"timezone '{zone}' is not known"):
        load_agency(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("zoom = 11.6", 'zoom = "far"'), "zoom"),
        (('id = "coquimbo"', ""), "id"),
        (('parent = "041"', 'parent = "05"'), "the parent 05 of region 04101 is not listed"),
        (("[map]", "[map"), "agency.toml"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    path = tmp_path / "agency.toml"
    path.write_text(COQUIMBO.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    with pytest.raises(BadInput, match=says):
        load_agency(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read .*none.toml"):
        load_agency(tmp_path / "none.toml")


def test_no_regions(tmp_path: Path) -> None:
    path = tmp_path / "agency.toml"
    text = COQUIMBO.read_text(encoding="utf-8").split("# Hierarchical")[0]
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(BadInput, match="regions"):
        load_agency(path)


XYZ = """
[[map.layers]]
id = "web"
name_zh = "网"
name_en = "Web"
kind = "xyz"
crs = "gcj02"
urls = ["https://t.example/{z}/{x}/{y}?k={key}"]
attribution = "Somebody"
"""
TILES = """
[[map.layers]]
id = "county"
name_zh = "县"
name_en = "County"
kind = "pmtiles"
file = "county.pmtiles"
"""


def test_without_layers_there_are_the_roads_and_the_phones_own_app() -> None:
    agency = load_agency(COQUIMBO)
    assert [layer.id for layer in agency.layers] == ["roads"]
    assert agency.handoff == ("geo",)


def test_map_layers_and_navigation_apps(tmp_path: Path) -> None:
    (tmp_path / "county.pmtiles").write_bytes(b"PMTiles\x03")
    path = written(tmp_path, TILES + XYZ, ("[map]", '[map]\nhandoff = ["amap", "geo"]'))
    agency = load_agency(path, {"web": "a&b"})
    assert agency.handoff == ("amap", "geo")
    county, web = agency.layers
    assert county.file == tmp_path / "county.pmtiles"
    assert web.urls == ("https://t.example/{z}/{x}/{y}?k=a%26b",)
    assert (web.crs, web.max_zoom) == ("gcj02", 18)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (TILES, "map layer 'county': file: cannot read .*county.pmtiles"),
        (TILES.replace("county.pmtiles", "agency.toml"), "is no PMTiles file"),
        (XYZ, "map layer 'web': urls: has {key}, but DISPATCH_MAP_KEYS"),
        (XYZ.replace("{key}", "") * 2, "two layers have the same id"),
        (XYZ.replace('"xyz"', '"wms"'), "kind|wms"),
        (XYZ.replace('"gcj02"', '"utm"'), "utm"),
    ],
)
def test_a_bad_layer_is_named(tmp_path: Path, more: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        load_agency(written(tmp_path, more))


def test_an_unknown_navigation_app(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="handoff"):
        load_agency(written(tmp_path, "", ("[map]", '[map]\nhandoff = ["pigeon"]')))


def test_an_agency_may_have_no_roads(tmp_path: Path) -> None:
    path = tmp_path / "agency.toml"
    text = COQUIMBO.read_text(encoding="utf-8").replace('roads = "roads"\n', "")
    path.write_text(text, encoding="utf-8")
    assert load_agency(path).roads is None
