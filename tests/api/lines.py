"""A town whose text messages and calls go through the carrier simulator."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from dispatch.drills.carrier import Carrier
from dispatch.model import Medium, Offer, OfferId
from dispatch.registry.contacts import contacts
from dispatch.settings import Settings
from tests.api.calls import dispatched, open_need
from tests.carriers import SECRET, carrying, until
from tests.town import Client, Town, running_town


@dataclass
class Wired:
    """A running town and its carrier."""

    town: Town
    carrier: Carrier
    commander: Client

    async def asks(self, **need: Any) -> Offer:
        """Open a need and dispatch; return the first offer, once its text message has arrived."""
        await open_need(self.commander, **need)
        _, offers = await dispatched(self.commander)
        offer = self.offer(OfferId(offers[0]))
        await until(lambda: self.texts(offer))
        # The reply must not overtake the record that the message was sent.
        await until(lambda: self.notice(offer).by(Medium.SMS))
        return offer

    def offer(self, offer_id: OfferId) -> Offer:
        return self.town.app.desk.board.offers[offer_id]

    def notice(self, offer: Offer) -> Any:
        return self.town.app.desk.board.notices[f"o-{offer.id}"]  # type: ignore[index]

    def phone_of(self, offer: Offer) -> str:
        return contacts(self.town.app.engine, [offer.volunteer_id])[offer.volunteer_id].phone

    def texts(self, offer: Offer) -> list[str]:
        shown = self.carrier.messages(self.phone_of(offer))
        return [one["text"] for one in shown if not one["mine"]]

    def token(self, offer: Offer) -> str:
        """The token of the link in the text message."""
        return self.texts(offer)[0].rpartition("/a/")[2]


@contextlib.asynccontextmanager
async def wired(settings: Settings) -> AsyncIterator[Wired]:
    """Serve a town with a carrier while the block lasts."""
    async with carrying() as (carrier, url):
        over = {"gateway_url": url, "gateway_secret": SECRET.decode()}
        async with running_town(settings.model_copy(update=over)) as town:
            yield Wired(town=town, carrier=carrier, commander=await town.commander())
