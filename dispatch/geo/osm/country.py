"""What roads of a country are like: speeds by class, limits written as words, which name is shown.

One TOML file each in `countries/`; `default.toml` explains the fields, the others say what differs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from dispatch.errors import BadInput
from dispatch.geo.roads import MAX_SPEED_KMH
from dispatch.model import TravelMode
from dispatch.roster import MODES

_FOLDER: Final = Path(__file__).parent / "countries"


class _Caps(msgspec.Struct, forbid_unknown_fields=True):
    surface: dict[str, float]
    tracktype: dict[str, float]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    names: list[str]
    signed_factor: float
    opened_kmh: float
    signs: dict[str, float]
    caps: _Caps
    classes: dict[str, dict[TravelMode, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """Speeds in km/h; `classes` has one per mode, 0 where the mode may not go.

    `caps` holds, for the tags `surface` and `tracktype`, the most one drives on each value.
    """

    code: str
    source: str
    names: tuple[str, ...]
    signed_factor: float
    opened_kmh: float
    signs: Mapping[str, float]
    caps: Mapping[str, Mapping[str, float]]
    classes: Mapping[str, tuple[float, ...]]


def country_codes() -> tuple[str, ...]:
    """Return the codes of the countries there is a file for."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_country(code: str) -> Country:
    """Return the country of a code, or of a TOML file of one's own.

    Raises:
        BadInput: there is none, or a value in the file is wrong; names which.
    """
    own = code.endswith(".toml")
    path = Path(code) if own else _FOLDER / f"{code.lower()}.toml"
    if not own and code.lower() not in country_codes():
        raise BadInput(f"no speeds for country {code!r}; there are {', '.join(country_codes())}")
    try:
        values = _merged(_read(_FOLDER / "default.toml"), _read(path))
        file = msgspec.convert(values, _File)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadInput(f"{path}: {error}") from None
    return _checked(path, _country(path.stem, file))


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        return tomllib.load(stream)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with what `over` says differently; a class is replaced whole."""
    merged = base | over
    for table in ("signs", "caps", "classes"):
        given = over.get(table, {})
        if isinstance(given, dict):
            merged[table] = base[table] | given
    return merged


def _country(code: str, file: _File) -> Country:
    return Country(
        code=code,
        source=file.source,
        names=tuple(file.names),
        signed_factor=file.signed_factor,
        opened_kmh=file.opened_kmh,
        signs=file.signs,
        caps={"surface": file.caps.surface, "tracktype": file.caps.tracktype},
        classes={
            name: tuple(speeds.get(mode, 0.0) for mode in MODES)
            for name, speeds in file.classes.items()
        },
    )


def _checked(path: Path, country: Country) -> Country:
    named = {
        f"classes.{name}.{mode}": value
        for name, row in country.classes.items()
        for mode, value in zip(MODES, row, strict=True)
    }
    for where, value in named.items():
        if not 0 <= value <= MAX_SPEED_KMH:
            raise BadInput(f"{path}: {where} is {value:g}, not within 0 to {MAX_SPEED_KMH:g} km/h")
    caps = (value for table in country.caps.values() for value in table.values())
    if not all(value > 0 for value in (*caps, *country.signs.values(), country.opened_kmh)):
        raise BadInput(f"{path}: a limit, a cap or opened_kmh is not above 0 km/h")
    if not 0 < country.signed_factor <= 1:
        raise BadInput(f"{path}: signed_factor is {country.signed_factor:g}, not within 0 to 1")
    return country
