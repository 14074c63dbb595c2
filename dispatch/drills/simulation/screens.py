"""Screens that live on pushed changes alone, and whether they still show the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from dispatch import views
from dispatch.board import Board, Key
from dispatch.model import VolunteerId
from dispatch.views import COMMANDERS, Audience, View

ONE_IN: Final = 6


@dataclass(slots=True)
class Screens:
    """The commanders' screen of one desk, and the phones of one in `ONE_IN` people whom something
    was about."""

    board: Board
    shown: dict[Audience, View] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shown[COMMANDERS] = views.snapshot(self.board, COMMANDERS)

    def pushed(self, seq: int, keys: Sequence[Key]) -> None:
        """Show what has changed, as clients do: whole entities by id, no view made anew."""
        told = {v for v in views.audiences(self.board, keys) if v % ONE_IN == 0}
        for person in sorted(told):
            if Audience(volunteer_id=person) not in self.shown:
                self._open(person)
        for audience, view in self.shown.items():
            if audience.volunteer_id is None or audience.volunteer_id in told:
                self._push(audience, view, keys)

    def wrong(self) -> Iterator[str]:
        """Yield whose screen does not show what a fresh one would."""
        for audience, view in self.shown.items():
            if view != views.snapshot(self.board, audience):
                yield f"the view of {audience.volunteer_id or 'commanders'} is not a fresh one"

    def _open(self, person: VolunteerId) -> None:
        audience = Audience(volunteer_id=person)
        self.shown[audience] = views.snapshot(self.board, audience)

    def _push(self, audience: Audience, view: View, keys: Sequence[Key]) -> None:
        for kind, ident in views.touched(self.board, audience, keys):
            entity = views.entity(self.board, audience, (kind, ident))
            if entity is None:
                view[kind].pop(ident, None)
            else:
                view[kind][ident] = entity
