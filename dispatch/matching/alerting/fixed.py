"""The policies in use today, to compare with. Sizes count per head wanted.

All of them stop once every head is promised, save `ReplaceOnDecline` when told otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from dispatch.matching.alerting.call import Call, Ranked
from dispatch.matching.alerting.growth import Growth


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedWaves:
    """Ask `size` people for each open head, and again every `every_s` seconds."""

    size: int
    every_s: float
    version: int = 1
    growth: Growth = field(default_factory=Growth)

    def __post_init__(self) -> None:
        _check(version=self.version, size=self.size)
        if not 0 < self.every_s < inf:
            raise ValueError(f"every_s must be positive and finite, got {self.every_s}")

    def due(self, call: Call) -> bool:
        """Return whether a head is open and the last wave long enough ago."""
        return call.open_heads > 0 and (call.waves == 0 or call.since_wave_s >= self.every_s)

    def more(self, call: Call, ranked: Ranked) -> int:
        """Return one wave."""
        return min(self.size * call.open_heads, len(ranked)) if self.due(call) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceOnDecline:
    """Ask `size` people per head; ask another for each who declines (van den Berg et al. 2026).

    With `stop_at_accept` nobody is replaced once every head is promised.
    """

    size: int
    stop_at_accept: bool = True
    version: int = 1
    growth: Growth = field(default_factory=Growth)

    def __post_init__(self) -> None:
        _check(version=self.version, size=self.size)

    def due(self, call: Call) -> bool:
        """Return whether fewer than `size` per head have been asked and have not declined."""
        return self._wanting(call) > 0

    def more(self, call: Call, ranked: Ranked) -> int:
        """Return the replacements, at first everybody."""
        return min(self._wanting(call), len(ranked))

    def _wanting(self, call: Call) -> int:
        if self.stop_at_accept and call.open_heads == 0:
            return 0
        return max(0, self.size * call.heads - (call.asked - call.declined))


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """Ask the `size` best per head, once."""

    size: int
    version: int = 1
    growth: Growth = field(default_factory=Growth)

    def __post_init__(self) -> None:
        _check(version=self.version, size=self.size)

    def due(self, call: Call) -> bool:
        """Return whether nobody was asked yet."""
        return call.waves == 0 and call.open_heads > 0

    def more(self, call: Call, ranked: Ranked) -> int:
        """Return the one wave there is."""
        return min(self.size * call.open_heads, len(ranked)) if self.due(call) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """Ask everybody within the first limits, once."""

    version: int = 1
    growth: Growth = field(default_factory=Growth)

    def __post_init__(self) -> None:
        _check(version=self.version)

    def due(self, call: Call) -> bool:
        """Return whether nobody was asked yet."""
        return call.waves == 0 and call.open_heads > 0

    def more(self, call: Call, ranked: Ranked) -> int:
        """Return everybody."""
        return len(ranked) if self.due(call) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exactly:
    """Ask as many as there are heads without a promise or a question under way."""

    version: int = 1
    growth: Growth = field(default_factory=Growth)

    def __post_init__(self) -> None:
        _check(version=self.version)

    def due(self, call: Call) -> bool:
        """Return whether some head has neither."""
        return call.open_heads > len(call.silent)

    def more(self, call: Call, ranked: Ranked) -> int:
        """Return one person per such head."""
        return min(max(0, call.open_heads - len(call.silent)), len(ranked))


def _check(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} must be 1 or more, got {count}")
