// What few phones need at once, in one chunk: no part of the first load, which has a budget.

import type * as Panels from "./later/index";

let loaded = $state.raw<typeof Panels | null>(null);

/** Null until it is there. */
export const later = (): typeof Panels | null => loaded;

export function loadLater(): void {
  import("./later/index").then(
    (panels) => (loaded = panels),
    // No network: it is asked for again when it is wanted.
    () => undefined,
  );
}
