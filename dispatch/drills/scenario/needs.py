"""Needs in one line: `SAR-W:4 BOAT.2:2/3/4@H3`."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Final

from dispatch.drills.scenario.fields import SHOWN, scalar
from dispatch.drills.scenario.nodes import Node
from dispatch.drills.scenario.problems import Bad, Code
from dispatch.model import HazardClass, Heads, Skill
from dispatch.taxonomy import SKILLS

MOST: Final = 30
_LEVELS: Final = ("1", "2", "3")
_WORD: Final = re.compile(
    r"(?P<skill>[^\s:.@]+)(?:\.(?P<level>[^\s:@]+))?:(?P<heads>[0-9/]+)(?:@(?P<hazard>\S+))?"
)
EXAMPLE: Final = "SAR-W:4 or BOAT.2:2/3/4@H3"


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedWords:
    """A need as written; `hazard` is None where it follows from its incident and skill."""

    skill: Skill
    level: int
    heads: Heads
    hazard: HazardClass | None

    def hazard_in(self, incident: HazardClass) -> HazardClass:
        """Return the class its people face: the incident's, or the highest the skill may serve."""
        if self.hazard is not None:
            return self.hazard
        return min(incident, SKILLS[self.skill].max_hazard, key=lambda one: one.rank)


def needs(node: Node) -> tuple[NeedWords, ...]:
    """Return the needs of a line; `-` is none."""
    words = scalar(node).split()
    if words == ["-"]:
        return ()
    if len(words) > MOST:
        raise Bad(Code.BAD_NEED, f"has {len(words)} needs, at most {MOST} are read")
    found = tuple(map(_need, words))
    skills = [one.skill for one in found]
    for skill in skills:
        if skills.count(skill) > 1:
            raise Bad(Code.TWICE, f"{skill} comes twice: write one need with all its heads")
    return found


def one_need(node: Node) -> NeedWords:
    """Return the one need of a line."""
    found = needs(node)
    if len(found) != 1:
        raise Bad(Code.BAD_NEED, f"expected one need, like {EXAMPLE}")
    return found[0]


def _need(word: str) -> NeedWords:
    parts = _WORD.fullmatch(word)
    if parts is None:
        raise Bad(Code.BAD_NEED, f"{word[:SHOWN]!r} is no need; expected one like {EXAMPLE}")
    skill = Skill(parts["skill"])
    if skill not in SKILLS:
        near = difflib.get_close_matches(skill.upper(), SKILLS, n=1)
        hint = f"; do you mean {near[0]}?" if near else ""
        raise Bad(Code.UNKNOWN_SKILL, f"skill {skill[:SHOWN]!r} is not known{hint}")
    if parts["level"] not in (None, *_LEVELS):
        raise Bad(Code.BAD_NEED, f"{word[:SHOWN]!r}: a level is 1, 2 or 3")
    return NeedWords(
        skill=skill,
        level=int(parts["level"] or 1),
        heads=_heads(word, parts["heads"]),
        hazard=_hazard(skill, parts["hazard"]),
    )


def _heads(word: str, said: str) -> Heads:
    """One figure is desired and most, half of it (rounded up) the least; three are all of them."""
    figures = said.split("/")
    if len(figures) not in (1, 3) or not all(0 < len(one) <= 6 for one in figures):
        raise Bad(Code.BAD_NEED, f"{word[:SHOWN]!r}: expected HEADS or MIN/DESIRED/MAX")
    least, desired, most = map(int, figures if len(figures) == 3 else [figures[0]] * 3)
    if len(figures) == 1:
        least = -(-least // 2)
    try:
        return Heads(minimum=least, desired=desired, maximum=most)
    except ValueError as error:
        raise Bad(Code.BAD_NEED, f"{word[:SHOWN]!r}: {error}") from None


def _hazard(skill: Skill, said: str | None) -> HazardClass | None:
    if said is None:
        return None
    if said not in tuple(HazardClass):
        raise Bad(Code.BAD_NEED, f"{said[:SHOWN]!r} is no hazard class: H0 to H4")
    hazard = HazardClass(said)
    if hazard.rank > SKILLS[skill].max_hazard.rank:
        raise Bad(
            Code.SKILL_BELOW_HAZARD,
            f"{skill} serves up to {SKILLS[skill].max_hazard}, not in {hazard}",
        )
    return hazard
