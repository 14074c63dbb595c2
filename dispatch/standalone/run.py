"""Files in, plan out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from dispatch.agency import read_toml
from dispatch.errors import BadInput
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter
from dispatch.geo.straight import StraightLineRouter
from dispatch.matching.alerting import Exactly
from dispatch.matching.alerting.book import AlertBook, AlertRule
from dispatch.matching.policy import MatchPolicy
from dispatch.model import NeedId, Plan, Proposal, Remedy, Shortfall, VolunteerId
from dispatch.planner.plan import Planner
from dispatch.planner.round import Asking
from dispatch.planner.travel import BoundedRouter
from dispatch.registry.roster_csv import ImportReport
from dispatch.standalone.needs import FileNeed, check_places, read_needs
from dispatch.standalone.registry import FileRoster, RegistryFile, read_registry, read_roster
from dispatch.standalone.situation import situation

EXACTLY: Final = Asking(book=AlertBook(rules=(AlertRule(policy=Exactly()),)))
"""One person per head: how many more to ask is a question of acceptance, which no file answers."""
FORMAT: Final = "dispatch-plan"
VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What the command is given: two files, and up to three that say more."""

    roster: Path
    needs: Path
    out: Path
    registry: Path | None = None
    roads: Path | None = None
    policy: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of it: the plan, and how reading the roster went."""

    plan: Plan
    report: ImportReport


def match_files(files: Files, now: datetime, say: Callable[[str], None]) -> Outcome:
    """Write the best plan for the needs to `files.out`, all of it or nothing; return it.

    `say` is told what is being done.

    Raises:
        BadInput: a file cannot be used; nothing is written.
        SolverFailed: no plan that the matcher vouches for; nothing is written.
    """
    _check_out(files)
    policy = read_policy(files.policy) if files.policy else MatchPolicy()
    needs = read_needs(files.needs, now)
    board, published = situation(needs, now, policy)
    router = _router(files.roads)
    say(f"reading {files.roster}")
    refers_to = read_registry(files.registry) if files.registry else RegistryFile()
    roster = read_roster(files.roster, refers_to, now)
    check_places(needs, roster.people.lon, roster.people.lat)
    say(f"planning {len(needs)} needs over {len(roster.people)} people")
    planner = Planner(roster=roster.people, router=router, policy=policy, asking=EXACTLY)
    plan = planner.plan(board, now)
    assert plan is not None, "every need has an open head"
    _write(files.out, plain(plan, policy, roster, published))
    return Outcome(plan=plan, report=roster.report)


def read_policy(path: Path) -> MatchPolicy:
    """Return the match policy of a TOML file; what it leaves out has its default.

    Raises:
        BadInput: the file cannot be read, or a dial is unknown or out of range.
    """
    given = read_toml(path)
    _check_dials(path, given, MatchPolicy())
    try:
        return msgspec.convert(given, MatchPolicy)
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: {error}") from None


def _check_dials(path: Path, given: Mapping[str, Any], policy: Any, table: str = "") -> None:
    for name, value in given.items():
        if name not in policy.__dataclass_fields__:
            raise BadInput(f"{path}: {table}{name} is not a dial of the match policy")
        part = getattr(policy, name)
        if is_dataclass(part) and isinstance(value, dict):
            _check_dials(path, value, part, f"{table}{name}.")


def plain(
    plan: Plan, policy: MatchPolicy, roster: FileRoster, published: Mapping[NeedId, FileNeed]
) -> dict[str, Any]:
    """Return the plan as docs/reference/match.md describes it: ids are those of the files.

    Needs stand in the order of their file, volunteers by number.
    """
    order = {need_id: n for n, need_id in enumerate(published)}
    name = {need_id: need.id for need_id, need in published.items()}
    number = roster.numbers
    proposals = sorted(plan.proposals, key=lambda p: (order[p.need_id], number[p.volunteer_id]))
    shortfalls = sorted(plan.shortfalls, key=lambda s: order[s.need_id])
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": plan.made_at,
        "policy": {"name": policy.name, "version": policy.version},
        "needs": len(published),
        "roster": {"read": roster.report.read, "people": len(roster.people)},
        "objective_s": plan.objective_s,
        "bound_s": plan.bound_s,
        "gap": plan.gap,
        "solve_ms": plan.solve_ms,
        "proposals": [_proposal(p, name, number) for p in proposals],
        "shortfalls": [_shortfall(s, name, number) for s in shortfalls],
    }


def _proposal(
    proposal: Proposal, name: Mapping[NeedId, str], number: Mapping[VolunteerId, str]
) -> dict[str, Any]:
    ids = {"need": name[proposal.need_id], "volunteer": number[proposal.volunteer_id]}
    return ids | _fields(proposal, "need_id", "volunteer_id", "origin", "replaces")


def _shortfall(
    shortfall: Shortfall, name: Mapping[NeedId, str], number: Mapping[VolunteerId, str]
) -> dict[str, Any]:
    remedies = [_remedy(remedy, number) for remedy in shortfall.remedies]
    fields = _fields(shortfall, "need_id", "remedies")
    return {"need": name[shortfall.need_id]} | fields | {"remedies": remedies}


def _remedy(remedy: Remedy, number: Mapping[VolunteerId, str]) -> dict[str, Any]:
    people = [number[v] for v in remedy.volunteer_ids]
    return _fields(remedy, "volunteer_ids") | {"volunteers": people}


def _fields(value: Any, *but: str) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(value)
    return {field: given for field, given in fields.items() if field not in but}


def _router(roads: Path | None) -> BoundedRouter:
    if roads is None:
        return StraightLineRouter()
    return RoadRouter(RoadGraph.load(roads))


def _check_out(files: Files) -> None:
    """Find out before the work whether its result can be kept, and would overwrite no input."""
    if files.out.is_dir() or not files.out.parent.is_dir():
        raise BadInput(f"--out {files.out}: is a folder, or its folder does not exist")
    for given in (files.roster, files.needs, files.registry, files.roads, files.policy):
        if given is not None and given.exists() and files.out.resolve() == given.resolve():
            raise BadInput(f"--out {files.out} is one of the files to read")


def _write(path: Path, plan: dict[str, Any]) -> None:
    """Put the plan in place whole: who reads the file meanwhile sees the one before."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(msgspec.json.format(msgspec.json.encode(plan), indent=2) + b"\n")
        part.replace(path)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
