"""Bringing roster rows into the tables: what is new, what changed, what stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Connection,
    RowMapping,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from dispatch.model import PolicyId, Skill
from dispatch.registry.catalogue import roster_changed
from dispatch.registry.roster_rows import Claim, Row
from dispatch.registry.tables import credential, policy_member, volunteer

_CHUNK: Final = 500
_PROOF: Final = (
    "level", "issued_on", "expires_on", "trained_until_on", "verified_by", "verified_at",
)  # fmt: skip

_UNSAID: Final = {"served_h": 0, "languages": (), "seats": 0}
"""What somebody new has where the file says nothing."""

_Values = dict[str, Any]


@dataclass(slots=True)
class Counts:
    """How many people were added, changed, and found as they are."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class _Stored:
    """A person as the tables have them."""

    person: RowMapping
    proofs: dict[Skill, RowMapping] = field(default_factory=dict)
    policies: dict[PolicyId, datetime | None] = field(default_factory=dict)


@dataclass(slots=True)
class _Changes:
    """Statements to come, by kind; each list runs as one batch."""

    people: list[_Values] = field(default_factory=list)
    new_proofs: list[_Values] = field(default_factory=list)
    proofs: list[_Values] = field(default_factory=list)
    lost_proofs: list[_Values] = field(default_factory=list)
    new_members: list[_Values] = field(default_factory=list)
    members: list[_Values] = field(default_factory=list)
    lost_members: list[_Values] = field(default_factory=list)

    def size(self) -> int:
        """Return how many rows of skills and policies change."""
        return sum(
            len(rows)
            for rows in (
                self.new_proofs,
                self.proofs,
                self.lost_proofs,
                self.new_members,
                self.members,
                self.lost_members,
            )
        )


def merge(connection: Connection, rows: Sequence[Row], now: datetime) -> Counts:
    """Store rows with different numbers, each person whole, in the caller's transaction."""
    counts = Counts()
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        stored = _stored(connection, [row.number for row in chunk])
        changes = _Changes()
        _add(connection, [row for row in chunk if row.number not in stored], changes, counts, now)
        for row in chunk:
            if row.number in stored:
                _compare(row, stored[row.number], changes, counts, now)
        _apply(connection, changes)
    if counts.added or counts.updated:
        roster_changed(connection)
    return counts


def _stored(connection: Connection, numbers: Sequence[str]) -> dict[str, _Stored]:
    people = connection.execute(select(volunteer).where(volunteer.c.number.in_(numbers)))
    by_id = {row["id"]: _Stored(row) for row in people.mappings()}
    proofs = select(credential).where(credential.c.volunteer_id.in_(by_id))
    for row in connection.execute(proofs).mappings():
        by_id[row["volunteer_id"]].proofs[row["skill"]] = row
    members = select(policy_member).where(policy_member.c.volunteer_id.in_(by_id))
    for row in connection.execute(members).mappings():
        by_id[row["volunteer_id"]].policies[row["policy_id"]] = row["activated_at"]
    return {one.person["number"]: one for one in by_id.values()}


def _add(
    connection: Connection, rows: Sequence[Row], changes: _Changes, counts: Counts, now: datetime
) -> None:
    if not rows:
        return
    given = {"consent_location": False, "created_at": now, "updated_at": now}
    made = connection.execute(
        insert(volunteer).returning(volunteer.c.id, volunteer.c.number),
        [{**_UNSAID, **row.person, **given} for row in rows],
    )
    ids = {number: at for at, number in made}
    for row in rows:
        _compare_proofs(ids[row.number], row, {}, changes, now)
        _compare_members(ids[row.number], row, {}, changes)
    counts.added += len(rows)


def _compare(row: Row, stored: _Stored, changes: _Changes, counts: Counts, now: datetime) -> None:
    volunteer_id = stored.person["id"]
    before = changes.size()
    _compare_proofs(volunteer_id, row, stored.proofs, changes, now)
    _compare_members(volunteer_id, row, stored.policies, changes)
    same = all(stored.person[name] == value for name, value in row.person.items())
    if same and changes.size() == before:
        counts.unchanged += 1
    else:
        # One statement for all rows of the batch, so what a row does not say is said again.
        unsaid = {name: stored.person[name] for name in _UNSAID}
        changed = {"updated_at": now, "at_id": volunteer_id}
        changes.people.append({**unsaid, **row.person, **changed})
        counts.updated += 1


def _compare_proofs(
    volunteer_id: int,
    row: Row,
    stored: Mapping[Skill, RowMapping],
    changes: _Changes,
    now: datetime,
) -> None:
    for skill, claim in row.skills.items():
        old = stored.get(skill)
        proof = _proof(claim, old, row.verified_by, now)
        if old is None:
            changes.new_proofs.append({"volunteer_id": volunteer_id, "skill": skill, **proof})
        elif any(old[name] != proof[name] for name in _PROOF):
            changes.proofs.append({**proof, "at_id": old["id"]})
    lost = (old["id"] for skill, old in stored.items() if skill not in row.skills)
    changes.lost_proofs += ({"at_id": one} for one in lost)


def _proof(claim: Claim, old: RowMapping | None, verifier: str | None, now: datetime) -> _Values:
    """Return the columns _PROOF as they should be; a proof that changed loses its verification."""
    course = None if old is None else old["trained_until_on"]
    stated = {
        "level": claim.level,
        "expires_on": claim.expires_on,
        "trained_until_on": claim.trained_until_on or course,
    }
    fresh = {"issued_on": None, "verified_by": verifier, "verified_at": now if verifier else None}
    if old is None or any(old[name] != value for name, value in stated.items()):
        return stated | fresh
    kept = {name: old[name] for name in fresh}
    if verifier is None or verifier == old["verified_by"]:
        return stated | kept
    return stated | kept | {"verified_by": verifier, "verified_at": now}


def _compare_members(
    volunteer_id: int,
    row: Row,
    stored: Mapping[PolicyId, datetime | None],
    changes: _Changes,
) -> None:
    for policy, activated_at in row.policies.items():
        if policy not in stored:
            changes.new_members.append(
                {"policy_id": policy, "volunteer_id": volunteer_id, "activated_at": activated_at}
            )
        elif activated_at is not None and activated_at != stored[policy]:
            changes.members.append(
                {"at_policy": policy, "at_id": volunteer_id, "activated_at": activated_at}
            )
    lost = (policy for policy in stored if policy not in row.policies)
    changes.lost_members += ({"at_policy": one, "at_id": volunteer_id} for one in lost)


def _apply(connection: Connection, changes: _Changes) -> None:
    this_person = volunteer.c.id == bindparam("at_id")
    this_proof = credential.c.id == bindparam("at_id")
    this_member = and_(
        policy_member.c.policy_id == bindparam("at_policy"),
        policy_member.c.volunteer_id == bindparam("at_id"),
    )
    batches = (
        (update(volunteer).where(this_person), changes.people),
        (insert(credential), changes.new_proofs),
        (update(credential).where(this_proof), changes.proofs),
        (delete(credential).where(this_proof), changes.lost_proofs),
        (insert(policy_member), changes.new_members),
        (update(policy_member).where(this_member), changes.members),
        (delete(policy_member).where(this_member), changes.lost_members),
    )
    for statement, rows in batches:
        if rows:
            connection.execute(statement, rows)
