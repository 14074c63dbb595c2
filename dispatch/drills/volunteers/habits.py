"""How simulated volunteers behave: every parameter, and where its figure comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dispatch.matching.acceptance import AcceptanceModel, plain_model, preset
from dispatch.matching.fill import RHO_MAX
from dispatch.matching.replies import APP, ReplyLaw


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How people answer, travel, stay and fail. Spreads are of the logarithm of a lognormal.

    model           how likely they accept: the simulator's truth (science D1). A person's own rate
                    is drawn once from the model's Beta prior; `show_up` is the chance that who
                    accepts comes, 0.9.
    law             when they answer: app alerts 15 s + Gamma(1.96, 15.4 s), measured on class data;
                    disaster call-outs lognormal, median 4 min (science D1). Of those who do not
                    accept, `says_no` decline.
    rho             correlation of the answers of one squad, or of neighbours without one, within
                    an hour: everybody's chance is drawn from Beta(p s, (1 - p) s), s = (1 - rho) /
                    rho, at the quantile they share (science D2, default 0.05).
    cell_deg        neighbours live in one cell of this size.
    turnout_spread  of the real turnout around what the roster says; volunteers of a German
                    app-alerting region have a median of 105 s and a long tail.
    way_spread      of the real travel time around the one predicted; walkers dispatched in Sweden
                    had an IQR of 1.4 to 4.0 m/s around 2.3 (science C1), drivers vary less.
    silent_comes    share of those who never answer that come all the same (15 % in the class
                    brief, science D1).
    unreached       share of alerts whose phone is off or dead for hours.
    away            share whose phone has no network at first; it is back after a time around
                    `away_s`, and what was sent comes then.
    tells           share of those who cannot come after all that say so, after about `tells_s`.
    stay_s          how long people stay unless the need ends before: about four hours, spread by
                    `stay_spread`.
    pace            how many times faster than real time they live (the demo).

    `unreached`, `away`, `tells` and the spreads are assumptions.

    Raises:
        ValueError: a figure is out of its range; names it.
    """

    model: AcceptanceModel = field(default_factory=lambda: preset("mid"))
    law: ReplyLaw = APP
    rho: float = 0.05
    cell_deg: float = 0.05
    turnout_spread: float = 0.5
    way_spread: float = 0.25
    silent_comes: float = 0.15
    unreached: float = 0.03
    away: float = 0.05
    away_s: float = 1_200.0
    away_spread: float = 0.8
    tells: float = 0.6
    tells_s: float = 900.0
    tells_spread: float = 0.5
    stay_s: float = 14_400.0
    stay_spread: float = 0.4
    pace: float = 1.0

    def __post_init__(self) -> None:
        for name in ("silent_comes", "unreached", "away", "tells"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in 0..1, got {getattr(self, name)}")
        for name in ("cell_deg", "away_s", "tells_s", "stay_s", "pace"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be positive and finite, got {getattr(self, name)}")
        for name in ("turnout_spread", "way_spread", "away_spread", "tells_spread", "stay_spread"):
            if not 0 <= getattr(self, name) <= 3:
                raise ValueError(f"{name} must be in 0..3, got {getattr(self, name)}")
        if not 0 <= self.rho <= RHO_MAX:
            raise ValueError(f"rho must be in 0..{RHO_MAX}, got {self.rho}")

    def plain(self) -> dict[str, Any]:
        """Return all figures as values that JSON can hold, for reports."""
        law = {name: getattr(self.law, name) for name in self.law.__slots__}
        figures = {name: getattr(self, name) for name in self.__slots__}
        return figures | {"model": plain_model(self.model), "law": law}
