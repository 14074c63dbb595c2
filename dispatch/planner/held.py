"""One need in a planning round: its candidates, and its alerting so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.matching.alerting import AlertPolicy, Call, Silent
from dispatch.matching.problem import Candidates
from dispatch.matching.skills import Rows
from dispatch.roster import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """One need's candidates of this round before they are sized, the need's alerting so far, and
    which of them `stays`, shape (k,): accepted it already."""

    candidates: Candidates
    stays: Bools
    turnout_s: Ints
    call: Call
    policy: AlertPolicy


def with_asked(call: Call, p: Floats, response_s: NDArray[Any]) -> Call:
    """Return the call as it stands once people with these chances and ways, shape (k,), are
    asked."""
    silent = call.silent
    return replace(
        call,
        silent=Silent(
            np.concatenate([silent.p, p]),
            np.concatenate([silent.travel_s, response_s]),
            np.concatenate([silent.waited_s, np.zeros(len(p))]),
        ),
    )


def with_stayers(c: Candidates, rows: Rows) -> tuple[Candidates, Bools]:
    """The candidates with those who accepted this need already, and who they are, shape (k,)."""
    if not rows.size:
        return c, np.zeros(len(c.rows), np.bool_)
    together = np.union1d(c.rows, rows)
    at = np.searchsorted(together, c.rows)
    stays = np.isin(together, rows)

    def spread(column: NDArray[Any] | None, otherwise: object) -> NDArray[Any]:
        assert column is not None
        wide = np.full(len(together), otherwise, column.dtype)
        wide[at] = column
        return wide

    wide = replace(
        c,
        rows=together,
        eta_s=spread(c.eta_s, 0),
        steps=spread(c.steps, 0),
        accepts=spread(c.accepts, 1.0),
        surplus=spread(c.surplus, 0),
        moved=spread(c.moved, False) & ~stays,
        stays=stays,
    )
    return wide, stays
