"""The country files: complete, and refused by the field that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.errors import BadInput
from dispatch.geo.osm.country import country_codes, load_country


@pytest.mark.parametrize("code", country_codes())
def test_every_country_is_sound_and_names_its_source(code: str) -> None:
    country = load_country(code.upper())
    assert country.code == code
    assert len(country.source) > 20
    assert set(load_country("default").classes) <= set(country.classes)
    assert country.classes["motorway"][2] == 0


def test_a_country_says_only_what_differs() -> None:
    china, plain = load_country("cn"), load_country("default")
    assert china.names[0] == "name:zh"
    assert china.classes["motorway"] == (90, 80, 0, 0)
    assert china.classes["residential"] == plain.classes["residential"]
    assert china.signs["rural"] == 70
    assert china.signs["walk"] == plain.signs["walk"]


def test_an_unknown_country_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="'zz'; there are cl, cn, default, pt"):
        load_country("zz")


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "county.toml"
    path.write_text("[classes]\nresidential = { car = 17 }\n")
    assert load_country(str(path)).classes["residential"] == (17, 0, 0, 0)
    assert load_country(str(path)).code == "county"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[classes]\nprimary = { car = 500 }", "classes.primary.car is 500, not within 0 to 150"),
        ("[classes]\nprimary = { car = nan }", "classes.primary.car is nan"),
        ("[classes]\nprimary = { camel = 5 }", "camel"),
        ("[classes]\nprimary = 5", "classes"),
        ("[signs]\nurban = -5", "not above 0"),
        ("[signs]\nurban = nan", "not above 0"),
        ("signed_factor = 2", "signed_factor is 2"),
        ("colour = 1", "colour"),
        ("classes = 5", "classes"),
        ("[caps.taste]\nsweet = 1", "taste"),
        ("= nothing", "county.toml"),
    ],
)
def test_a_wrong_value_is_named(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "county.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=message):
        load_country(str(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.toml"):
        load_country(str(tmp_path / "nowhere.toml"))
