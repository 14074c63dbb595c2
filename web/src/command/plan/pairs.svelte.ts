// What a commander may decide about one person and one need.

import type { Need, VolunteerId } from "../../shared/wire";
import { app } from "../app.svelte";
import { needName, personName, t } from "../texts.svelte";
import { p } from "./texts.svelte";

/** Asks the person now; returns whether that was done. */
export async function offer(need: Need, id: VolunteerId): Promise<boolean> {
  const yes = await app.ask({
    title: p().askAsk(personName(id)),
    body: [needName(need), p().askBody],
    confirm: p().offer,
    danger: false,
  });
  if (!yes) return false;
  return app.run({ kind: "offer.make", need_id: need.id, volunteer_ids: [id] }, p().askDone);
}

export const pin = (need: Need, id: VolunteerId): Promise<boolean> =>
  app.run({ kind: "pair.pin", need_id: need.id, volunteer_id: id }, p().pinned(personName(id)));

export async function exclude(need: Need, id: VolunteerId): Promise<boolean> {
  const said = await app.ask({
    title: p().excludeAsk(personName(id)),
    body: [needName(need), p().excludeBody],
    confirm: p().exclude,
    danger: true,
    reason: { label: t().reason, choices: p().excludeReasons },
    option: p().excludeAll,
  });
  if (!said) return false;
  const { reason, ticked } = said;
  return app.run(
    {
      kind: "pair.exclude",
      need_id: need.id,
      volunteer_id: id,
      reason,
      whole_incident: ticked,
    },
    p().excluded(personName(id)),
  );
}
