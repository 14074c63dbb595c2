// How far notices came, and who can come later. Pure; no DOM, no clock.

import type { Id, Need, Notified, Offer, SendStatus, Told } from "../../shared/wire";

export const STAGES = ["asked", "told", "delivered", "seen", "answered"] as const;
export type Stage = (typeof STAGES)[number];

/** Everybody asked for a need, and how many of them came how far. */
export function funnelOf(need: Need, offers: readonly Offer[]): Record<Stage, number> {
  const mine = offers.filter((offer) => offer.need_id === need.id);
  const answered = mine.filter(({ status }) => status === "ACCEPTED" || status === "DECLINED");
  const { told, delivered, seen } = need.counts;
  return { asked: mine.length, told, delivered, seen, answered: answered.length };
}

const ORDER: readonly SendStatus[] = ["HELD", "FAILED", "DELIVERED", "SENT"];

/** What is wrong first, as that wants somebody to act; where there is no address, last. */
export function inOrder(told: readonly Told[]): Told[] {
  const rank = ({ status, because }: Told) =>
    because === "NO_ADDRESS" ? ORDER.length : ORDER.indexOf(status);
  return [...told].sort((a, b) => rank(a) - rank(b));
}

/** Nothing has reached them. Push alone says little: a text message follows it. */
export const unreached = ({ told, seen_at }: Notified): boolean =>
  seen_at === null &&
  told.some(({ medium }) => medium !== "PUSH") &&
  told.every(({ status }) => status === "FAILED");

export interface Held {
  because: string;
  messages: number;
}

/** Messages of open offers that are kept back, by the reason. */
export function heldOf(offers: readonly Offer[]): Held[] {
  const counts = new Map<string, number>();
  for (const offer of offers) {
    if (offer.status !== "OPEN") continue;
    for (const { status, because } of offer.told) {
      if (status === "HELD") counts.set(because, (counts.get(because) ?? 0) + 1);
    }
  }
  return [...counts].map(([because, messages]) => ({ because, messages }));
}

export interface Later {
  offer: Offer;
  readyAt: string;
  /** From then on the rules let them be asked again. */
  askFromMs: number;
}

/** Who promised a later time and was not asked again since, the soonest first. */
export function laterOf(need: Id, offers: readonly Offer[]): Later[] {
  const mine = offers.filter((offer) => offer.need_id === need);
  const found = mine.flatMap((offer) => {
    if (offer.decline_reason !== "LATER" || offer.ready_at === null) return [];
    const again = mine.some(
      (other) =>
        other.volunteer_id === offer.volunteer_id &&
        Date.parse(other.made_at) > Date.parse(offer.made_at),
    );
    const readyAt = offer.ready_at;
    const askFromMs = Date.parse(readyAt) - offer.travel.eta_s * 1e3;
    return again ? [] : [{ offer, readyAt, askFromMs }];
  });
  return found.sort((a, b) => Date.parse(a.readyAt) - Date.parse(b.readyAt));
}
