"""The ways of working that can be compared, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dispatch.drills.compare.onebyone import Order
from dispatch.errors import BadInput
from dispatch.matching.alerting import (
    AlertPolicy,
    Broadcast,
    FixedWaves,
    Growth,
    Hold,
    Nearest,
    ReplaceOnDecline,
)
from dispatch.matching.alerting.book import DEFAULT, AlertBook, AlertRule
from dispatch.matching.replies import ReplyLaw
from dispatch.taxonomy import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How people are chosen and asked: all needs `together`, or one by one in an order, under
    alert rules. Without rules it is the desk's own default."""

    name: str
    names: Names
    rules: tuple[AlertRule, ...]
    order: Order | None = None

    def book(self, law: ReplyLaw) -> AlertBook:
        """Return the rules with the law by which the agency's people reply."""
        return AlertBook(rules=self.rules, law=law)


def _way(name: str, zh: str, en: str, policy: AlertPolicy, order: Order | None = None) -> Way:
    rules = (AlertRule(policy=policy),)
    return Way(name=name, names=Names(zh, en), rules=rules, order=order)


_WIDE: Final = Growth(eta_s=7_200, factor=1.0, levels=9, levels_per_wave=0, levels_max=9)

WAYS: Final[Mapping[str, Way]] = MappingProxyType(
    {
        way.name: way
        for way in (
            _way(
                "nearest",
                "最近优先：逐个需求，先到先办，通知最近的 3 倍人数，一次",
                "nearest first: need by need as they come, the three nearest per head, once",
                Nearest(size=3, growth=_WIDE),
                Order.FIRST_COME,
            ),
            _way(
                "broadcast",
                "群发：通知 10 分钟路程内的所有合格者，一次",
                "broadcast: everybody eligible within ten minutes, once",
                Broadcast(),
                Order.FIRST_COME,
            ),
            _way(
                "greedy",
                "贪心：先重后轻，逐个需求，每 5 分钟补通知 3 倍缺员",
                "greedy: the gravest first, need by need, three per open head every five minutes",
                FixedWaves(size=3, every_s=300, growth=_WIDE),
                Order.GRAVEST,
            ),
            _way(
                "waves",
                "固定轮次：统筹分配，每 5 分钟通知 3 倍缺员",
                "fixed waves: all needs at once, three per open head every five minutes",
                FixedWaves(size=3, every_s=300, growth=_WIDE),
            ),
            _way(
                "replace",
                "谢绝即补：统筹分配，3 倍人数，谢绝一人补一人",
                "replace on decline: all needs at once, three per head, one more for each no",
                ReplaceOnDecline(size=3, growth=_WIDE),
            ),
            Way(
                name="hold",
                names=Names(
                    "保持满员概率（本系统默认）", "hold the probability of being filled (our default)"
                ),
                rules=DEFAULT,
            ),
        )
    }
)


def ways(names: str) -> tuple[Way, ...]:
    """Return the ways named in a list with commas.

    Raises:
        BadInput: one is unknown or named twice.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in WAYS]
    if unknown:
        raise BadInput(f"unknown policy {unknown[0]!r}: it is one of {', '.join(WAYS)}")
    if not wanted or len(set(wanted)) < len(wanted):
        raise BadInput("--policies: name each policy once, at least one")
    return tuple(WAYS[name] for name in wanted)


def held(q: float) -> Way:
    """Return the default way with another dial, for every severity alike."""
    return _way(f"hold-{q:g}", f"保持 {q:.0%}", f"hold {q:.0%}", Hold(q=q, late_q=min(q, 0.6)))
