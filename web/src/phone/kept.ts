// What the phone keeps to open without a network: who it is, the last picture and its age.

import type {
  Me,
  Meta,
  MyAssignment,
  MyOffer,
  Myself,
  MyTest,
  Snapshot,
  VolunteerId,
  Warning,
} from "../shared/wire";

export interface Kept {
  owner: VolunteerId;
  meta: Meta;
  myself: Myself | null;
  /** When the last frame came, by this phone's clock. */
  at: number;
  picture: Snapshot | null;
}

export type KeptStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEY = "dispatch.kept.v1";
export const HANDOFF_KEY = "dispatch.handoff";

export function loadKept(storage: KeptStorage): Kept | null {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? "null") as Kept | null;
    return typeof kept?.owner === "number" && typeof kept.meta === "object" ? kept : null;
  } catch {
    return null;
  }
}

export function saveKept(storage: KeptStorage, kept: Kept): void {
  try {
    storage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Storage full or forbidden: the page works, but opens only with a network.
  }
}

export function forgetKept(storage: KeptStorage): void {
  try {
    for (const key of [KEY, HANDOFF_KEY]) storage.removeItem(key);
  } catch {
    // Then there is nothing to forget.
  }
}

/** The present picture as the frame that would bring it. */
export function pictureOf(
  store: { seq: number | null; logId: string | null; exercise: boolean },
  view: {
    me: Me[];
    offer: MyOffer[];
    assignment: MyAssignment[];
    warning: Warning[];
    test: MyTest[];
  },
  now: string,
): Snapshot | null {
  const { seq, logId, exercise } = store;
  if (seq === null || logId === null) return null;
  return { t: "snapshot", seq, log_id: logId, exercise, now, view: { ...view } };
}
