"""The tree of administrative regions: what a code means by itself, and what lies in what.

Codes of the People's Republic (GB/T 2260: 2, 4 or 6 digits; the statistical codes of towns and
villages: 9 and 12) begin with those of the unit above, and so do many others. Where they do not,
the registry knows each region's parent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dispatch.model import RegionCode

_PROVINCE: Final = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])"
_STATED: Final = re.compile(
    rf"(?:156)?(?P<six>{_PROVINCE}\d{{4}})|(?P<long>{_PROVINCE}(?:\d{{7}}|\d{{10}}))"
)
_LENGTHS: Final = (2, 4, 6, 9, 12)


def plain_code(text: str) -> RegionCode:
    """Return a code as the registry keeps it: of a Chinese one the digits that say something.

    `220500`, the city, becomes `2205`; `156220524`, ISO 3166-1's number of China before a county's
    code as the national map service writes it, `220524`; `220524100000`, a town, `220524100`. Any
    other text is a code as it stands.
    """
    text = text.strip()
    stated = _STATED.fullmatch(text)
    if stated is None:
        return RegionCode(text)
    digits = stated["six"] or stated["long"]
    whole = (digits[:n] for n in _LENGTHS if n <= len(digits))
    return RegionCode(next(code for code in whole if not digits[len(code) :].strip("0")))


def parent_by_prefix(code: str, known: Collection[str]) -> RegionCode | None:
    """Return the longest of the `known` codes that `code` begins with, itself apart."""
    shorter = (code[:n] for n in range(len(code) - 1, 0, -1))
    return next((RegionCode(one) for one in shorter if one in known), None)


@dataclass(frozen=True, slots=True)
class RegionTree:
    """Which region lies in which, by the `parents` that are known (None for the topmost), and by
    the codes alone where none is: `2205` then contains `220524`."""

    parents: Mapping[RegionCode, RegionCode | None] = field(default_factory=dict)
    _paths: dict[RegionCode, tuple[RegionCode, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(cls, parents: Mapping[RegionCode, RegionCode | None]) -> RegionTree:
        """Return the tree of all known regions; a parent that is not stated follows from the code.

        `RegionTree(parents)` takes them as they are.
        """
        return cls({c: p or parent_by_prefix(c, parents) for c, p in parents.items()})

    def path(self, code: RegionCode) -> tuple[RegionCode, ...]:
        """Return the region and, one by one, those that contain it; a circle ends the walk.

        A region that no list names lies in the longest of the known codes that its own begins with.
        """
        found = self._paths.get(code)
        if found is None:
            walk: dict[RegionCode, None] = {}
            at: RegionCode | None = code
            while at is not None and at not in walk:
                walk[at] = None
                listed = at in self.parents
                at = self.parents[at] if listed else parent_by_prefix(at, self.parents)
            found = self._paths[code] = tuple(walk)
        return found

    def lies_in(self, code: RegionCode, outer: RegionCode) -> bool:
        """Return whether a region is `outer` or a part of it; an `outer` that is no known region is
        a beginning of codes."""
        path = self.path(code)
        if outer in path:
            return True
        return outer not in self.parents and any(unit.startswith(outer) for unit in path)

    def depth(self, code: RegionCode) -> int:
        """Return 1 for a topmost region, 2 for those right below, and so on."""
        return len(self.path(code))


CODES_ALONE: Final = RegionTree()
"""Where no list names parents: a code lies in those that it begins with."""


def levels_up(region: RegionCode, homes: Sequence[RegionCode], tree: RegionTree) -> list[int]:
    """Return per home how many levels up from `region` the unit is that holds both, and last, for
    a home that is not known, as many as there are.

    The smallest unit around `region` where somebody lives is level 0.
    """
    path = tree.path(region)
    unlisted = {home for home in homes if home not in path and tree.lies_in(region, home)}
    units = [*path, *sorted(unlisted, key=len, reverse=True)]
    above = [unit for unit in units if any(tree.lies_in(home, unit) for home in homes)]
    up = [
        next((n for n, unit in enumerate(above) if tree.lies_in(home, unit)), len(above))
        for home in homes
    ]
    return [*up, len(above)]
