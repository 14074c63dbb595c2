"""Request bodies: the core's own actions, read strictly, and the one answer they all get."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from dispatch import actions as act
from dispatch.desk import Answer
from dispatch.model import ActionId, Actor, Fix, Heads, SafetyPlan, Site

# A misspelt field must not pass for one left out. The core's dataclasses know no pydantic, so
# the edge adds its strictness to them here.
for _cls in (*act.Action.__args__, Site, Heads, SafetyPlan, Fix):
    _cls.__pydantic_config__ = ConfigDict(extra="forbid")

ActionKey = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]


class CommanderBody(BaseModel):
    """An action of a commander, under the id the device gave it."""

    model_config = ConfigDict(extra="forbid")
    action_id: ActionKey
    action: Annotated[act.CommanderAction, Field(discriminator="kind")]


class VolunteerBody(BaseModel):
    """An action of a volunteer, under the id the device gave it."""

    model_config = ConfigDict(extra="forbid")
    action_id: ActionKey
    action: Annotated[act.VolunteerAction, Field(discriminator="kind")]


class AnswerBody(BaseModel):
    """What the action did."""

    seq: int
    ids: dict[str, Any]
    repeated: bool

    @classmethod
    def of(cls, answer: Answer) -> AnswerBody:
        """The wire form of an answer."""
        return cls(seq=answer.seq, ids=dict(answer.ids), repeated=answer.repeated)


def action_key(actor: Actor, action_id: str) -> ActionId:
    """Action ids belong to their maker: nobody can block or read another person's."""
    return ActionId(f"{actor.role}:{actor.id}/{action_id}")
