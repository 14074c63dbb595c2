"""The five ports, and nothing else. Each has an in-memory twin and one contract test for all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from dispatch.events import Entry, Stored
from dispatch.model import (
    CLEAR,
    ActionId,
    AgencyId,
    Conditions,
    EtaSource,
    Medium,
    Site,
    TravelMode,
    Urgency,
)

Points = NDArray[np.float64]
"""Shape (n, 2): lon, lat in WGS-84 degrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """What an action did when it was first stored. `digest` is that of its body."""

    digest: str
    first_seq: int
    last_seq: int


NO_DIGESTS: Final[Mapping[ActionId, str]] = {}


class EventLog(Protocol):
    """Append-only, gap-free from 1 per agency. Acknowledged means on disk."""

    async def append(
        self,
        agency: AgencyId,
        entries: Sequence[Entry],
        expected_seq: int,
        digests: Mapping[ActionId, str] = NO_DIGESTS,
    ) -> int:
        """Store all entries or none; return the new head.

        The entries of one action stand together; `digests` are those of the actions' bodies.

        Raises:
            Conflict: `expected_seq` is not the head, or one of the actions is already stored.
            StoreUnavailable: the store cannot answer now. When it went away during the commit,
                whether it stored them is not known: `find` tells when it is back.
        """
        ...

    def turn(self, agency: AgencyId) -> AbstractAsyncContextManager[None]:
        """Wait for one's turn among the writers of this log, and have it while the block lasts.

        A courtesy that saves the others' work: `expected_seq` decides, with a turn or without, and
        nobody waits long for one who does not give it back.

        Raises:
            StoreUnavailable: the store cannot answer now.
        """
        ...

    async def read(self, agency: AgencyId, after_seq: int, limit: int = 1_000) -> list[Stored]:
        """Return up to `limit` entries with `seq > after_seq`, in order.

        Raises:
            LogCorrupt: an entry cannot be decoded.
        """
        ...

    async def head(self, agency: AgencyId) -> int:
        """Return the last seq, 0 for an empty log."""
        ...

    async def log_id(self, agency: AgencyId) -> str:
        """Return the identity of this log, made once: another id means another history."""
        ...

    async def find(
        self, agency: AgencyId, action_ids: Collection[ActionId]
    ) -> dict[ActionId, ActionRecord]:
        """Return what those of the actions did that are stored: how a repeat gets its first
        answer."""
        ...


class Bus(Protocol):
    """A doorbell. May lose and repeat; nothing may rely on it for correctness.

    `up` is whether messages pass now. While it is False, followers find what is new by polling.
    """

    @property
    def up(self) -> bool: ...

    async def publish(self, topic: str, message: bytes) -> None:
        """Tell whoever listens; never waits for them, nor for a broker."""
        ...

    def subscribe(self, topic: str) -> AsyncIterator[bytes]: ...


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class EtaMatrix:
    """Travel without turnout: rows are origins, columns are sites.

    `eta_s` int32 (UNREACHABLE where there is no way), `estimated` True where the time, or its last
    stretch, is not from the road network. `cut_off` marks the origins that lie inside a blocking
    zone; their ETAs are UNREACHABLE.
    """

    eta_s: NDArray[np.int32]
    estimated: NDArray[np.bool_]
    cut_off: NDArray[np.bool_]


class Instruction(StrEnum):
    """What to do at a point of a way. `WALK` goes straight between a door and the road."""

    DEPART = "DEPART"
    CONTINUE = "CONTINUE"
    SLIGHT_LEFT = "SLIGHT_LEFT"
    LEFT = "LEFT"
    SHARP_LEFT = "SHARP_LEFT"
    SLIGHT_RIGHT = "SLIGHT_RIGHT"
    RIGHT = "RIGHT"
    SHARP_RIGHT = "SHARP_RIGHT"
    UTURN = "UTURN"
    WALK = "WALK"
    ARRIVE = "ARRIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the directions: at `point` (lon, lat) do this, then follow `road` ("" if it has
    no name) for `dist_m` and `eta_s`. Over a route these add up to its figures."""

    instruction: Instruction
    road: str
    dist_m: int
    eta_s: int
    point: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A way to go: `line` as (lon, lat) points, whole seconds and metres, and the directions."""

    line: tuple[tuple[float, float], ...]
    eta_s: int
    dist_m: int
    source: EtaSource
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Roads:
    """Roads as points strewn along them: lon, lat of shape (p, 2), and the metres of road that each
    stands for, (p,)."""

    points: Points
    length_m: NDArray[np.float64]


class Router(Protocol):
    """Travel times under `conditions`: zones that block `mode` close roads, others slow them, and
    rain slows every way."""

    def eta_matrix(
        self, origins: Points, sites: Points, mode: TravelMode, conditions: Conditions = CLEAR
    ) -> EtaMatrix: ...

    def first_s(
        self,
        origins: Points,
        sites: Points,
        mode: TravelMode,
        after_s: NDArray[np.int32],
        conditions: Conditions = CLEAR,
    ) -> NDArray[np.int32]:
        """Return when the first of the origins is at each site, shape (m,), when each sets out
        `after_s`, (n,), from now: the least `after_s + eta_s`; UNREACHABLE where nobody comes."""
        ...

    def lengths_m(
        self, origins: Points, sites: Points, mode: TravelMode, conditions: Conditions = CLEAR
    ) -> NDArray[np.int32]:
        """Return the metres of the fastest way from each origin to the site beside it, shape (k,);
        UNREACHABLE where there is none."""
        ...

    def route(
        self, origin: Site, site: Site, mode: TravelMode, conditions: Conditions = CLEAR
    ) -> Route | None:
        """Return the fastest way, or None when there is none."""
        ...

    def roads(self, modes: tuple[TravelMode, ...]) -> Roads | None:
        """Return the roads that any of `modes` may use, None without a map of them."""
        ...


Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message to one person: a template and its parameters, never free text.

    Once `expires_at` has passed, it is no use to anybody. `exercise` marks all its texts.
    """

    template: str
    params: Mapping[str, str]
    language: Language
    urgency: Urgency
    expires_at: datetime | None
    exercise: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The carrier has taken the message, and calls it this."""

    reference: str


class Channel(Protocol):
    """One way to reach a person. At least once; the same `dedupe_key` is sent once."""

    @property
    def medium(self) -> Medium: ...

    @property
    def real(self) -> bool:
        """Whether people hear of what it sends: an exercise is refused such a channel."""
        ...

    async def send(self, to: str, message: Message, dedupe_key: str) -> Receipt:
        """Hand the message to the carrier.

        `to` is the subscription as JSON for PUSH, an E.164 number for SMS and VOICE, and an Apprise
        URL for CHAT.

        Raises:
            ChannelDown: not now; the same key may be tried again.
            Undeliverable: not to this address.
        """
        ...

    async def close(self) -> None:
        """Let go of what it holds open; it sends no more."""
        ...
