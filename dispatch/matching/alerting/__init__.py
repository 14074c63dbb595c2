"""Alert policies: when to ask more people for a need, and how many.

A policy is a frozen, versioned value. It sees one need at a time; which people are its next best,
when several needs want the same ones, is the matcher's flow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final, Protocol

import msgspec

from dispatch.matching.alerting.call import Call, Promised, Ranked, Silent, fill
from dispatch.matching.alerting.fixed import (
    Broadcast,
    Exactly,
    FixedWaves,
    Nearest,
    ReplaceOnDecline,
)
from dispatch.matching.alerting.growth import Growth, Limits
from dispatch.matching.alerting.hold import Hold

__all__ = [
    "AlertPolicy",
    "Broadcast",
    "Call",
    "Exactly",
    "FixedWaves",
    "Growth",
    "Hold",
    "Limits",
    "Nearest",
    "Promised",
    "Ranked",
    "ReplaceOnDecline",
    "Silent",
    "fill",
    "plain",
    "policy_of",
    "stays_idle",
]


class AlertPolicy(Protocol):
    """What every policy answers. `growth.limits(wave)` says how far a wave may look."""

    @property
    def version(self) -> int:
        """From 1; a changed policy has another."""
        ...

    @property
    def growth(self) -> Growth:
        """How the limits grow from wave to wave."""
        ...

    def due(self, call: Call) -> bool:
        """Return whether more people may be wanted now, whoever they would be. Cheap."""
        ...

    def more(self, call: Call, ranked: Ranked) -> int:
        """Return how many of `ranked`, from the first on, to ask now."""
        ...


KINDS: Final[Mapping[str, type[AlertPolicy]]] = MappingProxyType(
    {
        "hold": Hold,
        "fixed-waves": FixedWaves,
        "replace-on-decline": ReplaceOnDecline,
        "nearest": Nearest,
        "broadcast": Broadcast,
        "exactly": Exactly,
    }
)
"""What `kind` may say where policies are written down."""


def policy_of(values: Mapping[str, Any]) -> AlertPolicy:
    """Return the policy written as plain values: its `kind`, and the fields that are not default.

    Raises:
        ValueError: the kind is unknown, or a field is missing, unknown, of another type or out of
            its range; names it.
    """
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"alert policy: kind must be one of {', '.join(KINDS)}, got {kind!r}")
    rest = {name: value for name, value in values.items() if name != "kind"}
    _refuse_unknown(kind, rest, KINDS[kind])
    if isinstance(rest.get("growth"), Mapping):
        _refuse_unknown("growth", rest["growth"], Growth)
    try:
        return msgspec.convert(rest, KINDS[kind])
    except msgspec.ValidationError as exc:
        raise ValueError(f"alert policy {kind}: {exc}") from None


def stays_idle(policy: AlertPolicy, start: Call, end: Call) -> bool:
    """Return whether a policy is due at no moment from `start` to `end` while only time passes.

    What time alone brings about comes once: a wave is old enough, or too few are likely to come.
    """
    if isinstance(policy, Hold):
        return policy.stays_idle(start, end)
    return not policy.due(end)


def plain(policy: AlertPolicy) -> dict[str, Any]:
    """Return the policy as values that JSON and TOML can hold; `policy_of` reads them back."""
    kind = next(name for name, type_ in KINDS.items() if type_ is type(policy))
    return {"kind": kind, **msgspec.to_builtins(policy)}


def _refuse_unknown(kind: str, values: Mapping[str, Any], type_: Any) -> None:
    unknown = sorted(set(values) - {f.name for f in fields(type_)})
    if unknown:
        raise ValueError(f"alert policy {kind}: unknown field {', '.join(unknown)}")
