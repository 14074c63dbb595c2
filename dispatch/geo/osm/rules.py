"""What a way is for us, by its tags: class, who goes where, how fast, bridge or tunnel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dispatch.geo.osm.access import BOTH, FORWARD, KEYS, allowed, directions, unknown_access, words
from dispatch.geo.osm.country import Country
from dispatch.geo.osm.speeds import duration_s, signed_kmh
from dispatch.geo.roads import BRIDGE, FORD, ROUNDABOUT, TUNNEL, WATERWAY
from dispatch.model import TravelMode
from dispatch.roster import MODES

FERRY: Final = "ferry"
TELLING: Final = words(
    "highway route waterway seamark:type duration oneway junction motorroad maxspeed "
    "maxspeed:forward maxspeed:backward surface tracktype area bridge tunnel ford layer "
    "intermittent impassable"
).union(*KEYS.values(), *({f"oneway:{key}" for key in keys} for keys in KEYS.values()))
"""The tags that decide anything; ways alike in these are judged once."""

_NOT_THERE: Final = words(
    "construction proposed planned abandoned razed disused dismantled demolished removed"
)
_NO_ROAD: Final = words(
    "platform bus_stop elevator services rest_area raceway corridor escape emergency_bay "
    "traffic_island no via_ferrata ladder street_lamp crossing turning_circle"
)
_BUSES: Final = words("busway bus_guideway")
_BOATED: Final = words("river canal fairway tidal_channel")
_SEAWAYS: Final = words("fairway recommended_track navigation_line")
_WHEELS: Final = (TravelMode.CAR, TravelMode.MOTORCYCLE)
FOOT_KMH: Final = 4.8
_SLOWEST_KMH: Final = 1.0
_LAYERS: Final = range(-10, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a way is. `speed_kmh` has one speed per mode, 0 where it may not go; a ferry with
    `crossing_s` takes that long, whatever its speeds say. `remarks` are for the report."""

    road_class: str = ""
    access: int = 0
    speed_kmh: tuple[float, ...] = (0.0,) * len(MODES)
    structure: int = 0
    layer: int = 0
    crossing_s: float | None = None
    remarks: tuple[tuple[str, str], ...] = ()


def rule_of(tags: Mapping[str, str], country: Country) -> Rule:
    """Return what a way with these tags is; nobody has access to what is no way for us."""
    road_class = _class_of(tags)
    if road_class not in country.classes:
        known = road_class in ("", *_NOT_THERE, *_NO_ROAD, *_BUSES)
        return Rule(remarks=() if known else (("unknown class", road_class),))
    remarks = [("unknown access", text) for text in unknown_access(tags)]
    speeds, problem = _speeds(tags, country, road_class)
    access = _access(tags, road_class, speeds)
    return Rule(
        road_class=road_class,
        access=access,
        speed_kmh=tuple(
            speed if access >> (2 * number) & BOTH else 0.0 for number, speed in enumerate(speeds)
        ),
        structure=_structure(tags),
        layer=_layer(tags),
        crossing_s=duration_s(tags.get("duration", "")) if road_class == FERRY else None,
        remarks=(*remarks, *problem),
    )


def _class_of(tags: Mapping[str, str]) -> str:
    highway = tags.get("highway")
    if highway is not None:
        # Of "unclassified;tertiary" the first.
        return highway.partition(";")[0].strip()
    if tags.get("route") == FERRY:
        return FERRY
    water = tags.get("waterway", "")
    afloat = allowed(tags, TravelMode.BOAT)
    if tags.get("seamark:type") in _SEAWAYS or water in _BOATED:
        return WATERWAY if afloat is not False else ""
    return WATERWAY if water in ("stream", "drain", "ditch") and afloat else ""


def _speeds(
    tags: Mapping[str, str], country: Country, road_class: str
) -> tuple[list[float], list[tuple[str, str]]]:
    """Return the speed of each mode that the class or a tag admits, and what made no sense."""
    speeds, problem = list(country.classes[road_class]), []
    for number, mode in enumerate(MODES):
        if speeds[number] == 0 and _opened(tags, road_class, mode):
            speeds[number] = country.opened_kmh if mode in _WHEELS else FOOT_KMH
    if road_class in (FERRY, WATERWAY):
        return speeds, []
    limit = None
    try:
        limit = signed_kmh(tags, country)
    except ValueError as error:
        problem = [("maxspeed ignored", str(error))]
    cap = min(country.caps[key].get(tags.get(key, ""), float("inf")) for key in country.caps)
    for number in (MODES.index(mode) for mode in _WHEELS):
        if limit is not None and speeds[number]:
            speeds[number] = limit * country.signed_factor
        speeds[number] = round(min(speeds[number], cap), 1)
    return speeds, problem


def _opened(tags: Mapping[str, str], road_class: str, mode: TravelMode) -> bool:
    """A tag of its own opens to a mode what its class closes; `access=yes` on a footpath does not
    mean cars, and no tag makes steps fit for them."""
    if mode is TravelMode.BOAT or road_class in (FERRY, WATERWAY, "steps"):
        return False
    return allowed({key: tags[key] for key in KEYS[mode][:-1] if key in tags}, mode) is True


def _access(tags: Mapping[str, str], road_class: str, speeds: list[float]) -> int:
    if tags.get("impassable") == "yes":
        return 0
    bits = 0
    for number, mode in enumerate(MODES):
        if speeds[number] and _may(tags, road_class, mode):
            bits |= directions(tags, mode, _implied(tags, road_class)) << (2 * number)
    return bits


def _may(tags: Mapping[str, str], road_class: str, mode: TravelMode) -> bool:
    said = allowed(tags, mode)
    if mode is TravelMode.BOAT:
        hidden = tags.get("tunnel", "no") != "no" or tags.get("intermittent") == "yes"
        return said is True or (said is None and not hidden)
    if mode in _WHEELS and tags.get("area") == "yes":
        return False  # the outline of a square is a footway at best
    if mode in _WHEELS and road_class == FERRY:
        return said is True
    if mode is TravelMode.FOOT and tags.get("motorroad") == "yes":
        return said is True
    return said is not False


def _implied(tags: Mapping[str, str], road_class: str) -> int:
    """One-way without saying so: OpenStreetMap wiki, "Key:oneway", implied values."""
    round_about = tags.get("junction") in ("roundabout", "circular")
    return FORWARD if round_about or road_class == "motorway" else BOTH


def _structure(tags: Mapping[str, str]) -> int:
    bits = 0
    if tags.get("bridge", "no") != "no":
        bits |= BRIDGE
    # A passage through a building is dry when an underpass is flooded.
    if tags.get("tunnel", "no") not in ("no", "building_passage"):
        bits |= TUNNEL
    if tags.get("ford", "no") != "no":
        bits |= FORD
    if tags.get("junction") in ("roundabout", "circular"):
        bits |= ROUNDABOUT
    return bits


def _layer(tags: Mapping[str, str]) -> int:
    try:
        number = int(tags.get("layer", "0"))
    except ValueError:
        return 0
    return number if number in _LAYERS else 0


def ferry_speeds(rule: Rule, length_m: float) -> tuple[float, ...]:
    """Return the speeds of a ferry of this length: its `crossing_s` binds everybody aboard."""
    if rule.crossing_s is None:
        return rule.speed_kmh
    kmh = max(_SLOWEST_KMH, min(round(length_m / rule.crossing_s * 3.6, 1), 60.0))
    return tuple(kmh if speed else 0.0 for speed in rule.speed_kmh)
