"""Out of the log: what was known of every alert when it was made, and whether it was accepted."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import tzinfo
from typing import Any, Final

import numpy as np

from dispatch import events as ev
from dispatch.board import Board, apply
from dispatch.events import Stored
from dispatch.matching.acceptance import AcceptanceModel, Features, History
from dispatch.matching.load import SEVERITY, features, load_of
from dispatch.model import OfferId, OfferStatus
from dispatch.roster import Bools

ANSWERS: Final = (OfferStatus.ACCEPTED, OfferStatus.DECLINED, OfferStatus.EXPIRED)
"""Silence is a no. What was withdrawn before it was answered says nothing and is left out."""

_FIRST: Final = np.zeros(1, np.intp)


@dataclass(slots=True, kw_only=True)
class Outcomes:
    """Folds a log into `board`, an empty one at first, and remembers each alert as it was made.

    `zone` and `model` are the agency's: when it is night there, and how fast records fade.
    """

    board: Board
    zone: tzinfo
    model: AcceptanceModel
    _made: dict[OfferId, Features] = field(default_factory=dict)

    def add(self, stored: Stored) -> None:
        """Take the next event of the log.

        Raises:
            LogCorrupt: it cannot follow the ones before it.
        """
        if isinstance(stored.event, ev.OfferMade):
            self._made[stored.event.offer_id] = self._known_of(stored, stored.event)
        apply(self.board, stored)

    def answered(self) -> tuple[Features, Bools]:
        """Return what was known of the k alerts that were answered or expired, in the order they
        were made, and which were accepted, shape (k,).

        Raises:
            ValueError: there are none.
        """
        status = [(o, self.board.offers[o].status) for o in self._made]
        known = [self._made[o] for o, s in status if s in ANSWERS]
        accepted = [s is OfferStatus.ACCEPTED for _, s in status if s in ANSWERS]
        return _joined(known), np.array(accepted, np.bool_)

    def _known_of(self, stored: Stored, offer: ev.OfferMade) -> Features:
        need = self.board.needs[offer.need_id]
        ids = np.array([offer.volunteer_id], np.int64)
        return features(
            load_of(self.board, ids, stored.at, self.model),
            _FIRST,
            np.array([offer.travel.turnout_s + offer.travel.eta_s], np.int32),
            np.array([offer.skill not in (None, need.skill)], np.bool_),
            SEVERITY[self.board.incidents[offer.incident_id].severity],
            offer.hazard.rank,
            stored.at,
            self.zone,
        )


def _joined(known: list[Features]) -> Features:
    if not known:
        raise ValueError("no alert has been answered yet")
    history = History(
        np.concatenate([k.history.accepted for k in known]),
        np.concatenate([k.history.asked for k in known]),
    )
    names = [f.name for f in fields(Features) if f.name != "history"]
    columns: dict[str, Any] = {n: np.concatenate([getattr(k, n) for k in known]) for n in names}
    return Features(**columns, history=history)
