// Links that open the site of a task in a navigation app. Those of the last task are kept: they are
// needed most where there is no network.

import { Failure, get } from "../shared/http";
import type { Id, NavigationLink, Site } from "../shared/wire";
import { HANDOFF_KEY, type KeptStorage } from "./kept";

interface Kept {
  task: Id;
  links: NavigationLink[];
}

/** What is known of this task without asking anybody, at least the phone's own app. */
export function keptLinks(storage: KeptStorage, task: Id, site: Site): NavigationLink[] {
  try {
    const kept = JSON.parse(storage.getItem(HANDOFF_KEY) ?? "null") as Kept | null;
    if (kept?.task === task && kept.links.length > 0) return kept.links;
  } catch {
    // Storage forbidden, or not ours.
  }
  const at = `${site.lat},${site.lon}`;
  return [{ app: "geo", names: { zh: "", en: "" }, url: `geo:${at}?q=${at}` }];
}

/** What the server offers; null when it cannot be asked. */
export async function readLinks(storage: KeptStorage, task: Id): Promise<NavigationLink[] | null> {
  try {
    const path = `/api/phone/handoff?task=${encodeURIComponent(task)}`;
    const { links } = await get<{ links: NavigationLink[] }>(path);
    try {
      storage.setItem(HANDOFF_KEY, JSON.stringify({ task, links } satisfies Kept));
    } catch {
      // Storage full or forbidden: then they are there only with a network.
    }
    return links.length > 0 ? links : null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return null;
  }
}
