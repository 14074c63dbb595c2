"""What of OpenStreetMap the basemap shows, in which layer, from which zoom level on.

The layers and their properties are documented in docs/reference/map.md; `web/src/map/style.ts`
draws them. Tags are those of the OpenStreetMap wiki, "Map features".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Shape = Literal["point", "line", "area"]
Tags = Mapping[str, str]
Properties = Mapping[str, str | int]

ATTRIBUTION: Final = "© OpenStreetMap contributors"
MIN_ZOOM: Final = 4
MAX_ZOOM: Final = 14

LAYERS: Final = (
    "landuse", "water", "waterways", "buildings", "rails", "roads", "boundaries", "places",
)  # fmt: skip
"""From the ground up."""

KEYS: Final = (
    "highway", "railway", "waterway", "natural", "landuse", "leisure", "building", "place",
    "boundary",
)  # fmt: skip
"""An object without any of these tags is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """How an object is shown: its layer, the zoom level it appears at, and what the style reads."""

    layer: str
    zoom: int
    properties: Properties = field(default_factory=dict)


_ROADS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("motorway", "motorway_link", "trunk", "trunk_link"), 5),
    **dict.fromkeys(("primary", "primary_link", "secondary", "secondary_link"), 8),
    **dict.fromkeys(("tertiary", "tertiary_link"), 10),
    **dict.fromkeys(("unclassified", "residential", "living_street", "road"), 11),
    **dict.fromkeys(("service", "track", "pedestrian", "footway", "path", "cycleway"), 13),
    **dict.fromkeys(("steps", "bridleway"), 13),
}
_RAILS: Final = {"rail": 9, "light_rail": 11, "subway": 11, "tram": 12, "narrow_gauge": 11}
_WATERWAYS: Final = {"river": 8, "canal": 10, "stream": 12, "drain": 13, "ditch": 13}
_WATER: Final = frozenset({"water", "bay", "strait"})
_BASINS: Final = frozenset({"reservoir", "basin", "salt_pond", "aquaculture"})
_PLACES: Final = {
    "city": 4, "town": 7, "village": 9, "suburb": 10, "hamlet": 12, "quarter": 12,
    "neighbourhood": 13,
}  # fmt: skip
_KINDS_OF_GROUND: Final = {
    "wood": "landuse=forest natural=wood natural=scrub",
    "grass": "landuse=grass landuse=meadow landuse=village_green landuse=recreation_ground "
    "landuse=cemetery natural=grassland natural=heath leisure=park leisure=garden leisure=pitch "
    "leisure=golf_course",
    "farm": "landuse=farmland landuse=orchard landuse=vineyard",
    "built": "landuse=residential landuse=retail",
    "works": "landuse=industrial landuse=commercial landuse=railway landuse=construction "
    "landuse=military landuse=quarry",
    "wetland": "natural=wetland natural=mud",
    "bare": "natural=bare_rock natural=scree natural=sand natural=beach natural=shingle "
    "natural=glacier",
}
_GROUND: Final = {tag: kind for kind, tags in _KINDS_OF_GROUND.items() for tag in tags.split()}
_LEVELS: Final = range(3, 9)
"""Borders of provinces down to towns. Country borders are left to maps an authority reviewed."""


def drawn(tags: Tags, shape: Shape) -> Drawn | None:
    """Return how an object with these tags is shown, None when it is not."""
    match shape:
        case "area":
            return _area(tags)
        case "line":
            return _line(tags)
        case "point":
            return _place(tags)


def _area(tags: Tags) -> Drawn | None:
    if tags.get("building", "no") != "no":
        return Drawn(layer="buildings", zoom=13)
    wet = tags.get("natural") in _WATER or tags.get("waterway") in ("riverbank", "dock")
    if wet or tags.get("landuse") in _BASINS:
        return Drawn(layer="water", zoom=MIN_ZOOM, properties=names(tags))
    for key in ("landuse", "natural", "leisure"):
        ground = _GROUND.get(f"{key}={tags.get(key)}")
        if ground:
            return Drawn(layer="landuse", zoom=8, properties={"class": ground})
    return None


def _line(tags: Tags) -> Drawn | None:
    road = tags.get("highway", "")
    if road in _ROADS:
        return Drawn(
            layer="roads",
            zoom=_ROADS[road],
            properties={"class": road, **_structure(tags), **names(tags)},
        )
    rail = tags.get("railway", "")
    if rail in _RAILS:
        zoom = 13 if "service" in tags else _RAILS[rail]
        return Drawn(layer="rails", zoom=zoom, properties={"class": rail, **_structure(tags)})
    water = tags.get("waterway", "")
    if water in _WATERWAYS and not _structure(tags).get("tunnel"):
        return Drawn(
            layer="waterways", zoom=_WATERWAYS[water], properties={"class": water, **names(tags)}
        )
    return _border(tags)


def _border(tags: Tags) -> Drawn | None:
    level = tags.get("admin_level", "")
    if tags.get("boundary") != "administrative" or level not in map(str, _LEVELS):
        return None
    return Drawn(layer="boundaries", zoom=int(level) + 1, properties={"level": int(level)})


def _place(tags: Tags) -> Drawn | None:
    place = tags.get("place", "")
    if place not in _PLACES or "name" not in tags:
        return None
    return Drawn(
        layer="places",
        zoom=_PLACES[place],
        properties={"class": place, "rank": list(_PLACES).index(place), **names(tags)},
    )


def _structure(tags: Tags) -> dict[str, int]:
    return {key: 1 for key in ("bridge", "tunnel") if tags.get(key, "no") != "no"}


def names(tags: Tags) -> dict[str, str]:
    """Return `name`, and `name_zh`, `name_en` where they differ from it."""
    name = tags.get("name", "")
    found = {"name": name} if name else {}
    chinese = tags.get("name:zh-Hans") or tags.get("name:zh", "")
    for key, value in (("name_zh", chinese), ("name_en", tags.get("name:en", ""))):
        if value and value != name:
            found[key] = value
    return found
