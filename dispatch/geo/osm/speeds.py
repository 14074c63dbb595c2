"""How fast: signed limits, words for them, durations of ferries.

Tag values as in the OpenStreetMap wiki, "Key:maxspeed" and "Key:duration".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from dispatch.geo.osm.country import Country

KMH_OF: Final = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
LIMITS: Final = (5.0, 150.0)
"""A signed limit outside of this, km/h, is taken for nonsense and ignored."""

_NUMBER: Final = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*([a-z/]*)")
_NO_LIMIT: Final = frozenset(("none", "no", "signals", "variable", "unknown", "default"))
_CLOCK: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})|(\d{1,4})")
_ISO: Final = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


def signed_kmh(tags: Mapping[str, str], country: Country) -> float | None:
    """Return the limit on a way in km/h, the lower one of two directions, None without a limit.

    Raises:
        ValueError: the tag makes no sense.
    """
    whole = tags.get("maxspeed")
    if whole is not None:
        return _limit(whole, country)
    ways = [tags[key] for key in ("maxspeed:forward", "maxspeed:backward") if key in tags]
    found = [limit for text in ways if (limit := _limit(text, country)) is not None]
    return min(found, default=None)


def _limit(text: str, country: Country) -> float | None:
    """Of several values ("50; 30", "30|50") the lowest counts."""
    parts = [part.strip().lower() for part in re.split(r"[;|,]", text) if part.strip()]
    found = [_one_limit(part, country) for part in parts]
    if not found:
        raise ValueError(text)
    return min((limit for limit in found if limit is not None), default=None)


def _one_limit(text: str, country: Country) -> float | None:
    word = text.rpartition(":")[2]
    if text in _NO_LIMIT:
        return None
    if word in country.signs:
        return country.signs[word]
    match = _NUMBER.fullmatch(word)
    if match is None or match[2] not in KMH_OF:
        raise ValueError(text)
    limit = float(match[1]) * KMH_OF[match[2]]
    if not LIMITS[0] <= limit <= LIMITS[1]:
        raise ValueError(text)
    return limit


def duration_s(text: str) -> float | None:
    """Return the seconds of a `duration` ("45", "1:30", "01:30:00", "PT1H30M"), None if unclear."""
    clock = _CLOCK.fullmatch(text.strip())
    if clock and clock[4]:
        return int(clock[4]) * 60 or None
    if clock:
        # Two parts are hours and minutes.
        first, second, third = clock[1], int(clock[2]), int(clock[3])
        parts = (second, third, 0) if first is None else (int(first), second, third)
        return parts[0] * 3600 + parts[1] * 60 + parts[2] or None
    iso = _ISO.fullmatch(text.strip().upper())
    if iso is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds or None
