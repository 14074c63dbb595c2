"""What has changed and was not told yet: keys by audience, never frames.

Nothing queues up: who is told later is told less. Those whose own offer, task or status changed
come before those who only see a need that others are answering; the latter are looked up once a
second, and only when what they see of the need has changed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterable

from dispatch import views
from dispatch.board import Board, Key
from dispatch.model import NeedId, VolunteerId, Zone, ZoneId
from dispatch.views import COMMANDERS, Audience, Entity

Keys = dict[Key, None]
"""A set in the order of insertion."""


class Pending:
    """The keys that each audience which is listening has still to be told of."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._commanders: Keys = {}
        # The first of a plain dict is found ever more slowly while many are taken from its front.
        self._concerned: OrderedDict[Audience, Keys] = OrderedDict()
        self._lookers: OrderedDict[Audience, Keys] = OrderedDict()
        self._changed_needs: dict[NeedId, None] = {}
        self._faces: dict[NeedId, Entity] = {}
        self._warnings: dict[ZoneId, tuple[Zone, frozenset[VolunteerId]]] = {}

    def __bool__(self) -> bool:
        return bool(self.for_commanders or self.lookers_unknown or self.next() is not None)

    @property
    def for_commanders(self) -> bool:
        """Whether there is something for commanders."""
        return bool(self._commanders)

    @property
    def lookers_unknown(self) -> bool:
        """Whether needs changed whose lookers have not been found yet."""
        return bool(self._changed_needs)

    def next(self) -> Audience | None:
        """Return the volunteer to be told next, None when there is nobody."""
        return next(iter(self._concerned or self._lookers), None)

    def add(self, keys: Iterable[Key], listening: Container[Audience]) -> None:
        """Take note of what the board has just changed."""
        for key in keys:
            if COMMANDERS in listening:
                self._commanders[key] = None
            match key:
                case ("need", ident):
                    self._changed_needs[ident] = None
                case ("incident", ident):
                    self._changed_needs.update(dict.fromkeys(self._board.needs_of[ident]))
                case ("warning", ident):
                    self._tell(self._concerned, key, self._newly_warned(ident), listening)
                case _:
                    self._note(self._concerned, key, listening)

    def find_lookers(self, listening: Container[Audience]) -> None:
        """Note whoever sees a need whose face changed; most answers only change its counts."""
        for need_id in self._changed_needs:
            face = views.face(self._board, need_id)
            if self._faces.get(need_id) != face:
                self._faces[need_id] = face
                self._note(self._lookers, ("need", need_id), listening)
        self._changed_needs.clear()

    def take(self, audience: Audience) -> Keys:
        """Return everything for an audience, so that no frame runs ahead of what it leaves out."""
        if audience == COMMANDERS:
            keys, self._commanders = self._commanders, {}
            return keys
        keys = self._concerned.pop(audience, {}) | self._lookers.pop(audience, {})
        if self._changed_needs and audience.volunteer_id is not None:
            seen = views.needs_seen(self._board, audience.volunteer_id)
            keys.update({("need", n): None for n in seen if n in self._changed_needs})
        return keys

    def forget(self, audience: Audience) -> None:
        """Drop what was for an audience that listens no more."""
        if audience == COMMANDERS:
            self._commanders.clear()
        self._concerned.pop(audience, None)
        self._lookers.pop(audience, None)

    def _newly_warned(self, zone_id: ZoneId) -> frozenset[VolunteerId]:
        """Whom the last change of a zone concerns: a crowd is warned a thousand at a time, and
        those who were told before see nothing new while the zone stays as it was."""
        zone, warned = self._board.zones[zone_id], self._board.warned.get(zone_id, frozenset())
        before, told = self._warnings.get(zone_id, (None, frozenset()))
        self._warnings[zone_id] = (zone, warned)
        return warned - told if before is zone else warned

    def _note(self, table: dict[Audience, Keys], key: Key, listening: Container[Audience]) -> None:
        self._tell(table, key, views.audiences(self._board, (key,)), listening)

    def _tell(
        self,
        table: dict[Audience, Keys],
        key: Key,
        people: Iterable[VolunteerId],
        listening: Container[Audience],
    ) -> None:
        for volunteer_id in people:
            audience = Audience(volunteer_id=volunteer_id)
            if audience in listening:
                table.setdefault(audience, {})[key] = None
