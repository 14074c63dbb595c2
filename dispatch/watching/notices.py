"""How people are told: what was sent by which medium, how late, and how long until they had it,
saw it and answered.

It sees what this desk itself stores, before the board has folded it, so that of several workers
each event is counted by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from dispatch import events as ev
from dispatch.alerts.ladder import Ladder
from dispatch.board import Board
from dispatch.events import Entry
from dispatch.model import Delivery, Medium, Notice, NoticeId, OfferId, SendStatus, Sent
from dispatch.tallies import Histogram

SEND_BOUNDS_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
TOLD_BOUNDS_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)


class NoticeWatch:
    """Counts since the start. `sends` are by medium and status, `late_s` is by medium how long
    after its due instant the carrier had a message, where nothing was meant to keep it back."""

    def __init__(self, board: Board, steps: Ladder) -> None:
        self.sends: Counter[tuple[str, ...]] = Counter()
        self.late_s = {m: Histogram(SEND_BOUNDS_S) for m in Medium}
        self.delivered_s = Histogram(TOLD_BOUNDS_S)
        self.seen_s = {m: Histogram(TOLD_BOUNDS_S) for m in Medium}
        self.answered_s = Histogram(TOLD_BOUNDS_S)
        self._board = board
        self._after_s = {(u, s.medium): s.after_s for u, taken in steps.items() for s in taken}

    def storing(self, entries: Sequence[Entry]) -> None:
        """Take note of entries that are stored and not yet on the board."""
        for entry in entries:
            match entry.event:
                case ev.NoticesSent(sent=sent):
                    for one in sent:
                        self._sent(one, entry.at)
                case ev.NoticesDelivered(receipts=receipts):
                    for report in receipts:
                        self.sends[report.medium.value, report.status.value] += 1
                        if report.status is SendStatus.DELIVERED:
                            self._add(self.delivered_s, report.notice_id, report.at)
                case ev.NoticesSeen(notice_ids=ids, medium=medium):
                    for notice_id in ids:
                        self._add(self.seen_s[medium], notice_id, entry.at)
                case ev.OfferAccepted(offer_id=offer_id) | ev.OfferDeclined(offer_id=offer_id):
                    self._answered(offer_id, entry.at)
                case _:
                    pass

    def _sent(self, sent: Sent, at: datetime) -> None:
        self.sends[sent.medium.value, sent.status.value] += 1
        notice = self._board.notices.get(sent.notice_id)
        if notice is None or sent.status is not SendStatus.SENT or _was_held(notice, sent.medium):
            return
        after_s = self._after_s.get((notice.urgency, sent.medium), 0)
        due_at = notice.opened_at + timedelta(seconds=after_s)
        self.late_s[sent.medium].add(_between_s(due_at, at))

    def _add(self, histogram: Histogram, notice_id: NoticeId, at: datetime) -> None:
        notice = self._board.notices.get(notice_id)
        if notice is not None:
            histogram.add(_between_s(notice.opened_at, at))

    def _answered(self, offer_id: OfferId, at: datetime) -> None:
        offer = self._board.offers.get(offer_id)
        if offer is not None:
            self.answered_s.add(_between_s(offer.made_at, at))


def _was_held(notice: Notice, medium: Medium) -> bool:
    before: Delivery | None = notice.by(medium)
    return before is not None and before.status is SendStatus.HELD


def _between_s(early: datetime, late: datetime) -> float:
    return max(0.0, (late - early).total_seconds())
