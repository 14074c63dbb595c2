"""Invented insurance contracts for a generated county, shaped like real volunteer products.

The insurers are fictional and say so. Every contract meets `taxonomy.HAZARD_GATES` for each class
it lists; each lists the classes below its highest one too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from dispatch.model import HazardClass, PolicyId, RegionCode
from dispatch.registry.catalogue import Contract

IN_FORCE: Final = {
    HazardClass.H1: (PolicyId(1), PolicyId(2)),
    HazardClass.H2: (PolicyId(3), PolicyId(4)),
    HazardClass.H3: (PolicyId(5),),
    HazardClass.H4: (PolicyId(6),),
}
"""By the highest class listed: the contracts that answer."""
ASKS_ACTIVATION: Final = PolicyId(6)
LAPSED: Final = PolicyId(7)
USED_UP: Final = PolicyId(8)

_HALF_YEAR: Final = timedelta(days=183)
_YEAR: Final = timedelta(days=366)

_GROUP: Final = "虚构互助保险社 (fictional)"
_CITY: Final = "演练财产保险 (fictional)"
_RESCUE: Final = "样例人寿保险 (fictional)"

_BASE: Final = {
    "accident_sum": 100_000, "medical_sum": 10_000,
    "sudden_death_sum": 50_000, "third_party_sum": 20_000,
}  # fmt: skip
_FIELD: Final = {
    "accident_sum": 200_000, "medical_sum": 20_000,
    "sudden_death_sum": 50_000, "third_party_sum": 50_000,
}  # fmt: skip
_FIELD_PLUS: Final = {
    "accident_sum": 448_000, "medical_sum": 40_000,
    "sudden_death_sum": 100_000, "third_party_sum": 100_000,
}  # fmt: skip
_BOATS: Final = {
    "accident_sum": 600_000, "medical_sum": 100_000,
    "sudden_death_sum": 100_000, "third_party_sum": 100_000,
}  # fmt: skip
_HIGH_RISK: Final = {
    "accident_sum": 1_000_000, "medical_sum": 100_000,
    "sudden_death_sum": 100_000, "third_party_sum": 200_000,
}  # fmt: skip


def invent_contracts(
    territory: Sequence[RegionCode], currency: str, now: datetime
) -> tuple[Contract, ...]:
    """Return eight contracts: six in force at `now`, one lapsed, one used up.

    Those with a `territory` answer inside those region code prefixes only; the others everywhere.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    here = {"territory": tuple(territory), "currency": currency}
    away = {"territory": (), "currency": currency}
    this_year = {"valid_from_at": today - _HALF_YEAR, "valid_until_at": today + _HALF_YEAR}
    last_year = {
        "valid_from_at": today - _HALF_YEAR - _YEAR,
        "valid_until_at": today - _HALF_YEAR,
    }
    return (
        _contract(1, "EX-BASE-COMMUNITY", _GROUP, "H1", _BASE | here | this_year),
        _contract(2, "EX-BASE-UNION", _RESCUE, "H1", _BASE | away | this_year),
        _contract(
            3, "EX-FIELD-CITY", _CITY, "H2", _FIELD | here | this_year, limit_sum=2_000_000
        ),
        _contract(4, "EX-FIELD-PLUS", _RESCUE, "H2", _FIELD_PLUS | away | this_year),
        _contract(5, "EX-BOAT-AND-RUIN", _CITY, "H3", _BOATS | away | this_year),
        _contract(
            6, "EX-HIGH-RISK", _RESCUE, "H4", _HIGH_RISK | away | this_year, asks_activation=True
        ),
        _contract(7, "EX-FIELD-CITY-LAPSED", _CITY, "H2", _FIELD | here | last_year),
        _contract(
            8, "EX-BASE-POOL", _GROUP, "H1", _BASE | here | this_year,
            limit_sum=500_000, paid_sum=500_000,
        ),
    )  # fmt: skip


def _contract(
    number: int,
    clause: str,
    insurer: str,
    highest: str,
    terms: dict[str, Any],
    *,
    asks_activation: bool = False,
    limit_sum: int | None = None,
    paid_sum: int = 0,
) -> Contract:
    return Contract(
        id=PolicyId(number),
        clause=clause,
        insurer=insurer,
        hazards=frozenset(one for one in HazardClass if one.rank <= HazardClass(highest).rank),
        exercises=True,
        travel=True,
        sudden_illness=True,
        asks_activation=asks_activation,
        limit_sum=limit_sum,
        paid_sum=paid_sum,
        **terms,
    )
