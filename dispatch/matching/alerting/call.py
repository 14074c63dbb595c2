"""One need's alerting as it stands, and how likely it is to be filled."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dispatch.matching.fill import NOBODY, at_least
from dispatch.matching.replies import ReplyLaw
from dispatch.roster import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Silent:
    """People asked who have not answered and still may; shape (k,).

    `p` is the chance of accepting that each had when asked, `travel_s` the turnout and travel
    still ahead once they accept, `waited_s` the time since they were asked.
    """

    p: Floats
    travel_s: Floats
    waited_s: Floats

    def __post_init__(self) -> None:
        _check(self, chance="p", times=("travel_s", "waited_s"))

    def __len__(self) -> int:
        return len(self.p)


@dataclass(frozen=True, slots=True, eq=False)
class Promised:
    """People who accepted; shape (j,). `travel_s` is what is left of their way, `show_up` the
    chance that they come; 0 and 1 for those on scene."""

    travel_s: Floats
    show_up: Floats

    def __post_init__(self) -> None:
        _check(self, chance="show_up", times=("travel_s",))

    def __len__(self) -> int:
        return len(self.travel_s)


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """People who may be asked next, best first; shape (k,). Columns as in `Silent`."""

    p: Floats
    travel_s: Floats

    def __post_init__(self) -> None:
        _check(self, chance="p", times=("travel_s",))

    def __len__(self) -> int:
        return len(self.p)


def _check(people: Silent | Promised | Ranked, *, chance: str, times: tuple[str, ...]) -> None:
    k = len(people)
    for name, most in ((chance, 1.0), *((name, np.inf) for name in times)):
        column = getattr(people, name)
        if column.shape != (k,):
            raise ValueError(f"{name} must have shape ({k},), got {column.shape}")
        # "not all" so that NaN is refused as well.
        if not ((column >= 0) & (column <= most)).all():
            raise ValueError(f"{name} must be in 0..{most} in every row")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call:
    """The alerting of one need at one moment: who was asked and what they answered.

    `heads` is how many people are wanted in all; those in `promised` fill them. `left_s` is the
    time to the deadline, negative after it. `declined` counts those who said no or fell out after
    accepting, `expired` those whose time to answer ran out. `waves` counts the rounds of offers
    made, `since_wave_s` the time since the last. `show_up` is the chance that one who has yet to
    accept comes then.

    Raises:
        ValueError: a count is negative, or a time or probability is out of its range.
    """

    heads: int
    left_s: float
    law: ReplyLaw
    silent: Silent = field(default_factory=lambda: Silent(NOBODY, NOBODY, NOBODY))
    promised: Promised = field(default_factory=lambda: Promised(NOBODY, NOBODY))
    declined: int = 0
    expired: int = 0
    waves: int = 0
    since_wave_s: float = 0.0
    show_up: float = 0.9

    def __post_init__(self) -> None:
        for name in ("heads", "declined", "expired", "waves", "since_wave_s"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be 0 or more, got {getattr(self, name)}")
        if not -np.inf < self.left_s < np.inf:
            raise ValueError(f"left_s must be finite, got {self.left_s}")
        if not 0 < self.show_up <= 1:
            raise ValueError(f"show_up must be above 0 and at most 1, got {self.show_up}")

    @property
    def open_heads(self) -> int:
        """Heads that nobody has promised to fill."""
        return max(0, self.heads - len(self.promised))

    @property
    def asked(self) -> int:
        """Everybody asked so far."""
        return len(self.silent) + len(self.promised) + self.declined + self.expired


def fill(call: Call, *, rho: float) -> float:
    """Return the probability that the heads wanted are on scene by the deadline, as things stand.

    Correlation `rho` is between those yet to answer; whoever has promised comes or not by himself.
    """
    return at_least(call.heads, chance_in_time(call), rho=rho, sure=promised_in_time(call))


def fill_late(call: Call, *, rho: float) -> float:
    """Return the probability that the heads wanted are on scene some day, as things stand."""
    return at_least(call.heads, chance_late(call), rho=rho, sure=call.promised.show_up)


def promised_in_time(call: Call) -> Floats:
    """Return the chance of each who promised to be on scene by the deadline, shape (j,)."""
    return np.where(call.promised.travel_s <= call.left_s, call.promised.show_up, 0.0)


def chance_in_time(call: Call, of: Ranked | None = None) -> Floats:
    """Return the chance of each silent one, or of each in `of` if asked now, to be on scene by the
    deadline; shape (k,)."""
    return _chance(call, of, call.left_s)


def chance_late(call: Call, of: Ranked | None = None) -> Floats:
    """Return the same chances when there is no deadline; shape (k,)."""
    return _chance(call, of, np.inf)


def _chance(call: Call, of: Ranked | None, left_s: float) -> Floats:
    people = call.silent if of is None else of
    waited_s = call.silent.waited_s if of is None else np.zeros(len(people))
    within_s = left_s - people.travel_s
    chance: Floats = call.show_up * call.law.will_accept(people.p, waited_s, within_s)
    return chance
