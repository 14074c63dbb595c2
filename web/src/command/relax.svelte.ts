// What limits a need and may be lifted on the spot: its area, its way, a pin or an exclusion.

import type { Need, VolunteerId } from "../shared/wire";
import { app } from "./app.svelte";
import { needName, personName, t } from "./texts.svelte";

/** People from other regions too; asks first, because it takes an order of the next level up. */
export async function widen(need: Need): Promise<void> {
  const seen_seq = app.seq;
  const yes = await app.ask({
    title: t().widenAsk,
    body: [needName(need), t().widenBody],
    confirm: t().doWiden,
    danger: false,
  });
  if (!yes) return;
  await app.run(
    { kind: "need.update", need_id: need.id, seen_seq, widened: true },
    t().needUpdated,
  );
}

export async function allowWay(need: Need, reach_s: number): Promise<void> {
  await app.run(
    { kind: "need.update", need_id: need.id, seen_seq: app.seq, reach_s },
    t().needUpdated,
  );
}

/** Undoes a pin or an exclusion; returns whether it was done. */
export const free = (need: Need, id: VolunteerId, whole_incident: boolean): Promise<boolean> =>
  app.run(
    { kind: "pair.free", need_id: need.id, volunteer_id: id, whole_incident },
    t().freed(personName(id)),
  );
