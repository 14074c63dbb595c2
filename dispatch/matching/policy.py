"""The match policy: every dial of the matcher in one versioned, validated value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from dispatch.model import HazardClass, Severity
from dispatch.taxonomy import SUBSTITUTES

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
class MatchPolicy:
    """What the matcher weighs and the limits it keeps. Times in seconds, costs equivalent seconds.

    An empty head costs `unfilled_base_s` times its severity's weight, and `minimum_factor` times
    that below the need's minimum. The weights are those by which unfilled heads are measured
    afterwards, so plan and report agree on what matters. The base exceeds the dearest pair there
    can be, so no head stays empty to save somebody's travel; and by so much that moving hundreds
    of others to fill it pays too.

    `substitute_share` of the travel time is added per step a substitute's skill is away from the
    one asked for; `off_duty_s` puts the duty roster first. A need's reach counts up to
    `reach_max_s`. `offer_ttl_s` is how long a volunteer has to answer. `credential_grace_days` is
    how long an expired proof still counts, by hazard class; never for H4.

    Raises:
        ValueError: a figure is out of its range, or a table lacks a severity or hazard class.
    """

    version: int = 1
    name: str = "default"
    unfilled_base_s: int = 100_000_000
    severity_weight: Mapping[Severity, int] = field(default_factory=_severity_weights)
    minimum_factor: int = 4
    substitute_share: float = 0.20
    off_duty_s: int = 120
    reach_max_s: int = 48 * 3600
    offer_ttl_s: Mapping[Severity, int] = field(default_factory=_offer_ttls_s)
    credential_grace_days: Mapping[HazardClass, int] = field(default_factory=_no_grace)

    def __post_init__(self) -> None:
        self._check_figures()
        self._check_tables()
        if self.unfilled_base_s <= self.dearest_pair_s:
            raise ValueError(
                f"unfilled_base_s {self.unfilled_base_s} does not exceed the dearest pair, "
                f"{self.dearest_pair_s} s: travel could outweigh an empty head"
            )

    @property
    def dearest_pair_s(self) -> int:
        """Return the most that sending one person can cost: longest reach, most steps, off duty."""
        surcharge = self.substitute_share * _MOST_STEPS * self.reach_max_s
        return self.reach_max_s + round(surcharge) + self.off_duty_s

    def unfilled_s(self, severity: Severity) -> tuple[int, int]:
        """Return what one empty head costs: below the minimum, and from there to the desired."""
        desired = self.unfilled_base_s * self.severity_weight[severity]
        return desired * self.minimum_factor, desired

    def _check_figures(self) -> None:
        if self.version < 1 or not self.name.strip():
            raise ValueError("a policy has a version from 1 and a name")
        if self.minimum_factor < 1 or self.reach_max_s < 1:
            raise ValueError("minimum_factor and reach_max_s must be positive")
        if not 0 <= self.substitute_share <= 1:
            raise ValueError(f"substitute_share must be in 0..1, got {self.substitute_share}")
        if self.off_duty_s < 0:
            raise ValueError(f"off_duty_s must not be negative, got {self.off_duty_s}")

    def _check_tables(self) -> None:
        _require_keys("severity_weight", self.severity_weight, Severity)
        _require_keys("offer_ttl_s", self.offer_ttl_s, Severity)
        _require_keys("credential_grace_days", self.credential_grace_days, HazardClass)
        if min(*self.severity_weight.values(), *self.offer_ttl_s.values()) < 1:
            raise ValueError("severity_weight and offer_ttl_s must be positive throughout")
        if min(self.credential_grace_days.values()) < 0:
            raise ValueError("credential_grace_days must not be negative")
        if self.credential_grace_days[HazardClass.H4]:
            raise ValueError("credential_grace_days must be 0 for H4")


def _require_keys(name: str, table: Iterable[str], keys: Iterable[str]) -> None:
    if set(table) != set(keys):
        raise ValueError(f"{name} must have one entry for each of {', '.join(keys)}")
