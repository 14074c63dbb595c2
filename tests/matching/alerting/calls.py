"""Calls to try the policies on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from dispatch.matching.alerting import Call, Promised, Ranked, Silent
from dispatch.matching.replies import APP, CALL_OUT


def call(
    heads: int = 1,
    left_s: float = 600.0,
    *,
    silent: Sequence[tuple[float, float, float]] = (),
    promised: Sequence[tuple[float, float]] = (),
    **more: Any,
) -> Call:
    """A call; `silent` are (p, travel_s, waited_s), `promised` (travel_s, show_up)."""
    return Call(
        heads=heads,
        left_s=left_s,
        law=more.pop("law", APP),
        silent=Silent(*np.array(silent, np.float64).reshape(-1, 3).T),
        promised=Promised(*np.array(promised, np.float64).reshape(-1, 2).T),
        **more,
    )


def ranked(n: int, p: float = 0.4, travel_s: float = 60.0) -> Ranked:
    """`n` people alike."""
    return Ranked(np.full(n, p), np.full(n, travel_s))


_p = st.floats(0, 1)
_time_s = st.floats(0, 1_200)

calls = st.builds(
    call,
    heads=st.integers(0, 5),
    left_s=st.floats(-300, 1_200),
    silent=st.lists(st.tuples(_p, _time_s, _time_s), max_size=6),
    promised=st.lists(st.tuples(_time_s, _p), max_size=4),
    declined=st.integers(0, 9),
    expired=st.integers(0, 9),
    waves=st.integers(0, 4),
    since_wave_s=st.floats(0, 300),
    show_up=st.floats(0.1, 1),
    law=st.sampled_from([APP, CALL_OUT]),
)

rankings = st.lists(st.tuples(_p, _time_s), max_size=12).map(
    lambda people: Ranked(*np.array(people, np.float64).reshape(-1, 2).T)
)
