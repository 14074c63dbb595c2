"""The roster: a columnar snapshot of people, the matcher's only view of them.

No names, no phone numbers. `registry.snapshot` builds it from the tables; row `i` of every column
is the same person, rows are sorted by `ids`. Days are days since 1970-01-01 (UTC date).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dispatch.model import (
    HazardClass,
    PolicyId,
    RegionCode,
    Skill,
    Tier,
    TravelMode,
    VolunteerId,
    VolunteerStatus,
)
from dispatch.regions import CODES_ALONE, RegionTree

FOREVER: Final = 2**31 - 1
"""The day of something that does not expire."""
NEVER: Final = -(2**31)
"""The day of something that never was."""

STATUSES: Final = tuple(VolunteerStatus)
TIERS: Final = tuple(Tier)
MODES: Final = tuple(TravelMode)

Bools = NDArray[np.bool_]
Ints = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Ids = NDArray[np.int64]
Floats = NDArray[np.float64]
Bits = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An insurance contract as far as eligibility reads it. Sums in whole units of `currency`.

    `territory` lists regions, or prefixes of their codes; empty for everywhere. `used_up` is set by
    the registry when the cumulative limit is reached.
    """

    id: PolicyId
    insurer: str
    clause: str
    valid_from_at: datetime
    valid_until_at: datetime
    hazards: frozenset[HazardClass]
    territory: tuple[RegionCode, ...]
    exercises: bool
    travel: bool
    sudden_illness: bool
    accident_sum: int
    medical_sum: int
    sudden_death_sum: int
    third_party_sum: int
    currency: str
    used_up: bool


@dataclass(frozen=True, slots=True, eq=False)
class Credentials:
    """Who holds one skill: `rows` into the roster (ascending, unique), and the dated proof of each.

    `until` is the last valid day (FOREVER for skills without expiry); `trained_until` likewise for
    the course the skill asks for (NEVER when not done).
    """

    rows: Ints
    level: Bytes
    until: Ints
    verified: Bools
    trained_until: Ints

    def only(self, rows: NDArray[np.intp]) -> Credentials:
        """Return what the people in `rows`, ascending, hold; rows count among those people."""
        at = np.searchsorted(self.rows, rows)
        at[at == len(self.rows)] = 0
        holds = self.rows[at] == rows if len(self.rows) else np.zeros(len(rows), np.bool_)
        mine = at[holds]
        return Credentials(
            rows=np.flatnonzero(holds).astype(np.int32),
            level=self.level[mine],
            until=self.until[mine],
            verified=self.verified[mine],
            trained_until=self.trained_until[mine],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """`n` people as columns of length n.

    `status`, `tier` and `mode` index STATUSES, TIERS and MODES. `region` indexes `regions`.
    `team_level` is 0 without a levelled team. `trained_until` is the safety course. `cover` is a
    bit mask over `policies`, shape (n, ceil(len(policies) / 64)): bit p of word w is policy
    64 * w + p, set only when that person is a member and has activated it where asked; `waiting`
    has the members who have yet to activate it.
    `served_h` is whole hours served before this log began. `languages` is a bit mask over
    `language_codes`: bit l is set when that person speaks language l. `seats` is how many
    passengers their own car takes, 0 without one. `tree` says which region lies in which.
    """

    ids: Ids
    lon: Floats
    lat: Floats
    status: Bytes
    tier: Bytes
    mode: Bytes
    birth: Ints
    fit: Bools
    guardian: Bools
    consent: Bools
    available: Bools
    trained_until: Ints
    region: Ints
    team: Ints
    team_level: Bytes
    turnout_s: Ints
    served_h: Ints
    languages: Bits
    seats: Bytes
    cover: Bits
    waiting: Bits
    language_codes: tuple[str, ...]
    regions: tuple[RegionCode, ...]
    policies: tuple[Policy, ...]
    credentials: Mapping[Skill, Credentials]
    tree: RegionTree = CODES_ALONE

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, volunteer_ids: Sequence[VolunteerId] | Ids) -> NDArray[np.intp]:
        """Return the row of each id; people who are not on the roster are left out."""
        known = [v for v in volunteer_ids if 0 < v < 2**63]
        wanted = np.asarray(known, dtype=np.int64)
        at = np.searchsorted(self.ids, wanted)
        at[at == len(self.ids)] = 0
        found: NDArray[np.intp] = at[self.ids[at] == wanted] if len(self.ids) else at[:0]
        return found

    def only(self, rows: NDArray[np.intp]) -> Roster:
        """Return the people in `rows`, ascending, as a roster of their own."""
        columns: dict[str, Any] = {
            name: column[rows]
            for name in self.__slots__
            if isinstance(column := getattr(self, name), np.ndarray)
        }
        held = {skill: c.only(rows) for skill, c in self.credentials.items()}
        return replace(self, **columns, credentials=held)
