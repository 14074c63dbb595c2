"""Hard rule 3: who can do the work, with what proof, and as a substitute or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dispatch.matching.gates import last_day
from dispatch.matching.reasons import Mask, flag
from dispatch.model import HazardClass, Need, Reason, Skill
from dispatch.roster import Credentials, Roster
from dispatch.taxonomy import SKILLS, SUBSTITUTES, SkillDef

Rows = NDArray[np.intp]
"""Rows into the roster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a need asks of a skill. Days since 1970-01-01.

    `proof_day` is the day a credential must still be valid: the end of the work minus the grace;
    `end_day` the same for courses, which have no grace.
    """

    skill: Skill
    level: int
    hazard: HazardClass
    end_day: int
    proof_day: int


def asked_of(need: Need, now: datetime, grace_days: Mapping[HazardClass, int]) -> Asked:
    """Return what `need` asks of a skill at `now`."""
    end_day = last_day(need, now)
    return Asked(
        skill=need.skill,
        level=need.level,
        hazard=need.hazard,
        end_day=end_day,
        proof_day=end_day - grace_days[need.hazard],
    )


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """The people who hold a needed skill or a substitute at the level, columns of length k.

    `rows` ascend; `bits` are CREDENTIAL and TRAINING where the proof fails; `option` indexes
    `skills`, the skill each would serve with, and `steps` its distance from the one asked for.
    """

    rows: Rows
    bits: Mask
    option: NDArray[np.uint8]
    steps: NDArray[np.uint8]
    skills: tuple[Skill, ...]

    def only(self, keep: NDArray[np.bool_]) -> Service:
        """Return the people where `keep`, shape (k,), is True."""
        return Service(
            self.rows[keep], self.bits[keep], self.option[keep], self.steps[keep], self.skills
        )

    def skill(self, k: int) -> Skill:
        """Return the skill that the k-th person would serve with."""
        return self.skills[int(self.option[k])]


def options(skill: Skill, hazard: HazardClass) -> tuple[tuple[Skill, int], ...]:
    """Return the skills that may serve and their steps, by steps then code.

    A skill whose highest hazard class lies below `hazard` may not serve there alone, whoever
    holds it; an unknown skill is held by nobody.
    """
    listed = sorted([(0, skill), *((steps, code) for code, steps in SUBSTITUTES.get(skill, ()))])
    return tuple(
        (code, steps)
        for steps, code in listed
        if code in SKILLS and SKILLS[code].max_hazard.rank >= hazard.rank
    )


def service(roster: Roster, asked: Asked) -> Service:
    """Return who could serve, each once: with the fewest failing proofs, then fewest steps.

    Failing proofs come first so that an expired first-aid card does not stop a nurse whose
    licence is in date. Equal steps go to the lower code.
    """
    offered = options(asked.skill, asked.hazard)
    held = list(_held(roster, asked, offered))
    rows = np.concatenate([rows for _, rows, _ in held] or [np.empty(0, np.intp)])
    bits = np.concatenate([bits for _, _, bits in held] or [np.empty(0, np.uint32)])
    option = np.repeat(
        np.array([i for i, _, _ in held], np.uint8), [len(rows) for _, rows, _ in held]
    )
    best = np.lexsort((option, np.bitwise_count(bits), rows))
    first = best[np.diff(rows[best], prepend=-1) > 0]
    steps = np.array([steps for _, steps in offered], np.uint8)
    return Service(
        rows[first], bits[first], option[first], steps[option[first]], tuple(c for c, _ in offered)
    )


def _held(
    roster: Roster, asked: Asked, offered: tuple[tuple[Skill, int], ...]
) -> Iterator[tuple[int, Rows, Mask]]:
    for i, (code, _) in enumerate(offered):
        held = roster.credentials.get(code)
        if held is not None:
            able = held.level >= asked.level
            yield i, held.rows[able].astype(np.intp), proof_bits(held, SKILLS[code], asked)[able]


def proof_bits(held: Credentials, skill: SkillDef, asked: Asked) -> Mask:
    """CREDENTIAL: verified and in date until the end of the work. TRAINING: the skill's course."""
    unproven = ~held.verified | (held.until < asked.proof_day)
    untrained = (held.trained_until < asked.end_day) & skill.needs_training
    return flag(unproven, Reason.CREDENTIAL) | flag(untrained, Reason.TRAINING)
