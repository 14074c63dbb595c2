"""Request bodies: the core's own actions, read strictly, and the one answer they all get."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dispatch import actions as act
from dispatch.desk import Answer
from dispatch.geo.crs import Crs, to_wgs84
from dispatch.model import ActionId, Actor, Fix, Heads, SafetyPlan, Site

# A misspelt field must not pass for one left out. The core's dataclasses know no pydantic, so
# the edge adds its strictness to them here.
for _cls in (*act.Action.__args__, Site, Heads, SafetyPlan, Fix):
    _cls.__pydantic_config__ = ConfigDict(extra="forbid")


def in_wgs84(value: Any) -> Any:
    """Return a body that has `lon`, `lat` and perhaps `crs` without the latter, in WGS-84.

    Raises:
        ValueError: `crs` is no system we know.
    """
    if not isinstance(value, dict) or "crs" not in value:
        return value
    rest = {key: of for key, of in value.items() if key != "crs"}
    try:
        crs = Crs(value["crs"])
    except ValueError:
        raise ValueError(f"crs is not one of {', '.join(Crs)}") from None
    at = [rest.get("lon"), rest.get("lat")]
    if all(type(one) in (int, float) for one in at):
        rest["lon"], rest["lat"] = to_wgs84(np.array([at], dtype=float), crs)[0].tolist()
    return rest


# Every source declares its system; inside, coordinates are WGS-84.
for _place in (Site, Fix):
    type.__setattr__(_place, "in_wgs84", model_validator(mode="before")(in_wgs84))

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
