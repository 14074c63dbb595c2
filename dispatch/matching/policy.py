"""The match policy: every dial of the matcher in one versioned, validated value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

from dispatch.model import HazardClass, Severity
from dispatch.taxonomy import SUBSTITUTES

E = TypeVar("E", bound=StrEnum)

RARITY_STEPS: Final = 3
"""The rarest skills lie this many steps above the commonest (see `scarcity`)."""
ALERTS_MOST: Final = 100
"""More alerts in a week than this cost no more."""
PRICE_MAX: Final = 2**39
"""No head may be priced higher, so that sums of prices stay exact (`verify.lower_bound`)."""
_WHOLE: Final = MappingProxyType(
    {
        "version": 1,
        "unfilled_base_s": 1,
        "minimum_factor": 1,
        "spare_base_s": 0,
        "surplus_s": 0,
        "off_duty_s": 0,
        "load_s": 0,
        "stale_max_s": 0,
        "reply_s": 0,
        "doubt_max": 0,
        "disruption_s": 0,
        "reserve_s": 0,
        "reach_max_s": 1,
    }
)
"""The least that each whole number of a policy may be."""
_SHARES: Final = MappingProxyType(
    {
        "substitute_share": 1,
        "late_share": 10,
        "fatigue_share": 1,
        "stale_share": 1,
        "reserve_share": 1,
        "scarce_share": 1,
    }
)
"""The most that each share of a policy may be."""
_MOST_STEPS: Final = max((steps for row in SUBSTITUTES.values() for _, steps in row), default=0)


def _severity_weights() -> Mapping[Severity, int]:
    return MappingProxyType({Severity.I: 8, Severity.II: 4, Severity.III: 2, Severity.IV: 1})


def _offer_ttls_s() -> Mapping[Severity, int]:
    return MappingProxyType(
        {Severity.I: 180, Severity.II: 300, Severity.III: 600, Severity.IV: 900}
    )


def _no_grace() -> Mapping[HazardClass, int]:
    return MappingProxyType(dict.fromkeys(HazardClass, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewPolicy:
    """How crews are made up, from `from_heads` heads on: a leader for every `leader_per` heads,
    newcomers, with fewer than `newcomer_h` hours served, at most `newcomer_share`, a safety officer
    from hazard class `safety_officer_from` on. Nobody works alone from hazard class `buddy_from`
    on, in crews of any size. None is never.

    Where there is nobody for such a post, somebody else stands in and the plan says so: that costs
    `stand_in_share` of an empty head, so a rule never leaves a head empty, nor is it forgotten for
    the sake of travel.

    Raises:
        ValueError: a figure is out of its range.
    """

    from_heads: int = 4
    leader_per: int = 8
    newcomer_share: float = 0.5
    newcomer_h: int = 20
    safety_officer_from: HazardClass | None = HazardClass.H3
    buddy_from: HazardClass | None = HazardClass.H3
    stand_in_share: float = 0.25

    def __post_init__(self) -> None:
        if min(self.from_heads, self.leader_per) < 1 or self.newcomer_h < 0:
            raise ValueError("from_heads and leader_per must be positive, newcomer_h not negative")
        if not 0 <= self.newcomer_share <= 1:
            raise ValueError(f"newcomer_share must be in 0..1, got {self.newcomer_share}")
        # A leader's post filled by a newcomer counts twice and must still beat an empty head.
        if not 0 <= self.stand_in_share < 0.5:
            raise ValueError(f"stand_in_share must be in 0..0.5, got {self.stand_in_share}")

    def needs_officer(self, hazard: HazardClass) -> bool:
        """Return whether work of this class has a safety officer."""
        first = self.safety_officer_from
        return first is not None and hazard.rank >= first.rank

    def needs_buddy(self, hazard: HazardClass) -> bool:
        """Return whether nobody may do work of this class alone."""
        return self.buddy_from is not None and hazard.rank >= self.buddy_from.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPolicy:
    """What the matcher weighs and the limits it keeps. Times in seconds, costs equivalent seconds.

    An empty head costs `unfilled_base_s` times its severity's weight, and `minimum_factor` times
    that below the need's minimum. The weights are those by which unfilled heads are measured
    afterwards, so plan and report agree on what matters. The base exceeds the dearest pair there
    can be, so no head stays empty to save somebody's travel; and by so much that moving hundreds
    of others to fill it pays too.

    People asked beyond the open heads, because not everybody says yes, are worth `spare_base_s`
    times the severity's weight: more than any trip, less than any head.

    The terms of a trip (`cost`): `substitute_share` of the travel time per step a substitute's
    skill is away from the one asked for; `surplus_s` per step a person's rarest skill is rarer;
    `late_share` per second after the deadline; `off_duty_s` puts the duty roster first;
    `fatigue_share` per second on task within the last day; `load_s` per alert of the last week;
    `stale_share` per second of a position's age beyond fresh, up to `stale_max_s`; `reply_s` for
    every no to be expected, up to `doubt_max` of them; `disruption_s` for calling somebody away
    from an assignment they accepted.

    `reserve_share` of the holders of each scarce skill, one that less than `scarce_share` of the
    roster holds, is kept for the next incident, unless a head is worth more than `reserve_s`: by
    default, the last of them go to every minimum and to severity III and worse.

    A need's reach counts up to `reach_max_s`. `offer_ttl_s` is how long a volunteer has to answer.
    `credential_grace_days` is how long an expired proof still counts, by hazard class; never for
    H4.

    Raises:
        ValueError: a figure is out of its range, or a table lacks a severity or hazard class.
    """

    version: int = 1
    name: str = "default"
    unfilled_base_s: int = 100_000_000
    severity_weight: Mapping[Severity, int] = field(default_factory=_severity_weights)
    minimum_factor: int = 4
    spare_base_s: int = 2_000_000
    substitute_share: float = 0.20
    surplus_s: int = 120
    late_share: float = 1.0
    off_duty_s: int = 120
    fatigue_share: float = 0.05
    load_s: int = 60
    stale_share: float = 0.10
    stale_max_s: int = 600
    reply_s: int = 60
    doubt_max: int = 20
    disruption_s: int = 900
    reserve_share: float = 0.10
    scarce_share: float = 0.01
    reserve_s: int = 150_000_000
    crew: CrewPolicy = CrewPolicy()
    reach_max_s: int = 48 * 3600
    offer_ttl_s: Mapping[Severity, int] = field(default_factory=_offer_ttls_s)
    credential_grace_days: Mapping[HazardClass, int] = field(default_factory=_no_grace)

    def __post_init__(self) -> None:
        self._check_figures()
        self._check_tables()
        self._check_prices()

    @property
    def dearest_pair_s(self) -> int:
        """Return the most that sending one person can cost, every term at its worst."""
        shares = 1 + self.late_share + self.substitute_share * _MOST_STEPS
        steps = self.surplus_s * RARITY_STEPS + self.load_s * ALERTS_MOST
        idle = self.off_duty_s + self.stale_max_s + self.reply_s * self.doubt_max
        tired = self.fatigue_share * 86_400
        return round(shares * self.reach_max_s + tired) + steps + idle + self.disruption_s + 9

    def unfilled_s(self, severity: Severity) -> tuple[int, int, int]:
        """Return what one empty head costs, by tier: below the minimum, from there to the desired,
        and of those asked beyond."""
        weight = self.severity_weight[severity]
        desired = self.unfilled_base_s * weight
        return desired * self.minimum_factor, desired, self.spare_base_s * weight

    def stand_in_s(self, severity: Severity) -> int:
        """Return what it costs that somebody else fills a head meant for a special post."""
        desired = self.unfilled_base_s * self.severity_weight[severity]
        return round(self.crew.stand_in_share * desired)

    def _check_figures(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError(f"name must be a text that is not empty, got {self.name!r}")
        for name, least in _WHOLE.items():
            _check_whole(name, getattr(self, name), least)
        for name, most in _SHARES.items():
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 <= value <= most:
                raise ValueError(f"{name} must be in 0..{most}, got {value!r}")

    def _check_tables(self) -> None:
        _check_table("severity_weight", self.severity_weight, Severity, least=1)
        _check_table("offer_ttl_s", self.offer_ttl_s, Severity, least=1)
        _check_table("credential_grace_days", self.credential_grace_days, HazardClass, least=0)
        if self.credential_grace_days[HazardClass.H4]:
            raise ValueError("credential_grace_days must be 0 for H4")

    def _check_prices(self) -> None:
        if self.spare_base_s <= self.dearest_pair_s:
            raise ValueError(
                f"spare_base_s {self.spare_base_s} does not exceed the dearest pair, "
                f"{self.dearest_pair_s} s: travel could outweigh asking one more"
            )
        if self.unfilled_base_s <= 2 * self.spare_base_s * max(self.severity_weight.values()):
            raise ValueError(
                f"unfilled_base_s {self.unfilled_base_s} must be more than two heads at "
                f"spare_base_s {self.spare_base_s} of the gravest severity: asking more could "
                "outweigh an empty head"
            )
        if any(
            2 * self.stand_in_s(s) + self.dearest_pair_s >= self.unfilled_s(s)[1] for s in Severity
        ):
            raise ValueError(
                f"crew.stand_in_share {self.crew.stand_in_share} is too large: a leader's post "
                "filled by a newcomer counts twice and could outweigh an empty head"
            )
        if (dearest_s := max(self.unfilled_s(s)[0] for s in Severity)) > PRICE_MAX:
            raise ValueError(
                f"unfilled_base_s {self.unfilled_base_s} makes the dearest head {dearest_s} s, "
                f"expected at most {PRICE_MAX}"
            )


def _check_table(name: str, table: Mapping[E, object], keys: type[E], *, least: int) -> None:
    if set(table) != set(keys):
        expected = ", ".join(keys)
        raise ValueError(f"{name} must have one entry for each of {expected}")
    for key, value in table.items():
        _check_whole(f"{name} for {key}", value, least)


def _check_whole(name: str, value: object, least: int) -> None:
    if not isinstance(value, int) or not least <= value <= PRICE_MAX:
        raise ValueError(
            f"{name} must be a whole number from {least} to {PRICE_MAX}, got {value!r}"
        )
