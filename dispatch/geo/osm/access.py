"""Who may go where, in which direction: the access tags, one-way streets and barriers.

The order of precedence is that of the OpenStreetMap wiki, "Key:access" (land-based transport): the
most special tag that says anything wins, `motorcar` over `motor_vehicle` over `vehicle` over
`access`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dispatch.model import TravelMode
from dispatch.roster import MODES


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


KEYS: Final[Mapping[TravelMode, tuple[str, ...]]] = {
    TravelMode.CAR: ("motorcar", "motor_vehicle", "vehicle", "access"),
    TravelMode.MOTORCYCLE: ("motorcycle", "motor_vehicle", "vehicle", "access"),
    TravelMode.FOOT: ("foot", "access"),
    TravelMode.BOAT: ("motorboat", "boat", "access"),
}
OPEN: Final = words(
    "yes permissive designated destination delivery customers official public use_sidepath"
)
"""Somebody who is called to help has an errand there."""
CLOSED: Final = words(
    "no private agricultural forestry military permit residents restricted emergency "
    "bus psv employees staff"
)
"""A private road is closed to volunteers as a way through; whoever lives on one walks to the next
public road, which is what the snapping of positions to roads does anyway."""

FORWARD: Final = 0b01
BACKWARD: Final = 0b10
BOTH: Final = 0b11
_ONE_WAY: Final = {
    **dict.fromkeys(("yes", "true", "1"), FORWARD),
    **dict.fromkeys(("-1", "reverse"), BACKWARD),
    **dict.fromkeys(("no", "false", "0", "alternating"), BOTH),
    # Nobody can say today which way a tidal lane will run.
    "reversible": 0,
}

_PASSABLE: Final = words(
    "gate lift_gate swing_gate entrance toll_booth border_control cattle_grid sally_port no "
    "height_restrictor arch hampshire_gate"
)
"""Barriers a car gets through, unless a tag locks them."""
_WALL: Final = words("wall fence hedge retaining_wall city_wall")
_DAMS: Final = words("dam weir waterfall")


def allowed(tags: Mapping[str, str], mode: TravelMode) -> bool | None:
    """Return whether the tags open (True) or close (False) a way to `mode`, None if neither."""
    for key in KEYS[mode]:
        value = tags.get(key)
        if value is not None:
            said = {word.strip() for word in value.split(";")}
            if said & OPEN:
                return True
            if said & CLOSED:
                return False
    return None


def unknown_access(tags: Mapping[str, str]) -> list[str]:
    """Return the access tags nothing is known of, as "key=value"."""
    keys = dict.fromkeys(key for keys in KEYS.values() for key in keys)
    return [
        f"{key}={tags[key]}"
        for key in keys
        if key in tags and not {word.strip() for word in tags[key].split(";")} & (OPEN | CLOSED)
    ]


def directions(tags: Mapping[str, str], mode: TravelMode, implied: int) -> int:
    """Return FORWARD, BACKWARD, BOTH or 0: where `mode` may go along a way that is open to it.

    People on foot go both ways unless `oneway:foot` says otherwise. `implied` holds where no tag
    says anything, on a roundabout for example.
    """
    foot = mode is TravelMode.FOOT
    keys = [f"oneway:{key}" for key in KEYS[mode] if key != "access"]
    for key in keys if foot else [*keys, "oneway"]:
        found = _ONE_WAY.get(tags.get(key, ""))
        if found is not None:
            return found
    return BOTH if foot else implied


def passes(tags: Mapping[str, str]) -> int:
    """Return the access bits of who gets past the barrier (or dam) at a node."""
    bits = 0
    for number, mode in enumerate(MODES):
        said = allowed(tags, mode)
        if _passes_by_kind(tags, mode) if said is None else said:
            bits |= BOTH << (2 * number)
    return bits


def _passes_by_kind(tags: Mapping[str, str], mode: TravelMode) -> bool:
    kind = tags.get("barrier", "no")
    if mode is TravelMode.BOAT:
        return tags.get("waterway") not in _DAMS
    if tags.get("locked") == "yes" or kind in _WALL:
        return False
    return mode is TravelMode.FOOT or kind in _PASSABLE
