"""What rain does to travel times: one factor for all ways of a mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.model import UNREACHABLE, Rain, TravelMode

SPEED_LEFT: Final[Mapping[Rain, tuple[int, int]]] = {
    Rain.NONE: (100, 100),
    Rain.RAIN: (90, 95),
    Rain.HEAVY: (75, 85),
}
"""Per cent of the dry speed that is left, by road or water and on foot.

By road: FHWA, "How Do Weather Events Impact Roads?" (ops.fhwa.dot.gov/weather/q1_roadimpact.htm):
speeds on arterials are 10 to 25 % lower on wet pavement (on motorways 3 to 13 % in light, 3 to
16 % in heavy rain); the two ends of the arterial range are taken, since most of a way to an
incident is no motorway. On foot and on water: assumed, no study is known to us.
"""


def speed_left(mode: TravelMode, rain: Rain) -> int:
    """Return the per cent of the dry speed that this rain leaves."""
    return SPEED_LEFT[rain][mode is TravelMode.FOOT]


def dry_ms(mode: TravelMode, rain: Rain) -> int:
    """Return how far one gets in a second of this rain, as milliseconds of dry weather: so times
    may be compared before they are rounded."""
    return 10 * speed_left(mode, rain)


def slowed(eta_s: NDArray[np.int32], mode: TravelMode, rain: Rain) -> NDArray[np.int32]:
    """Return travel times in this rain, in whole seconds (rounded up); UNREACHABLE stays."""
    left = speed_left(mode, rain)
    if left == 100:
        return eta_s
    wet_s = -(-eta_s.astype(np.int64) * 100 // left)
    return np.where(eta_s == UNREACHABLE, UNREACHABLE, wet_s).astype(np.int32)
