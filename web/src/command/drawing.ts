// Corners of a zone or of a measured line.

import type { LonLat } from "../shared/wire";
import { app } from "./app.svelte";
import { CORNERS } from "./zones";

export function addCorner(at: LonLat): void {
  const last = app.corners.at(-1);
  // The second click of a double click lands on the same corner.
  if (last && last[0] === at[0] && last[1] === at[1]) return;
  // A point is set anew by every click.
  const point = app.mode === "zone" && app.zoneForm === "POINT";
  app.corners = point ? [at] : [...app.corners, at];
}

export function undoCorner(): void {
  app.corners = app.corners.slice(0, -1);
}

/** A finished zone keeps its corners for the form; a finished measurement is forgotten. */
export function finishDrawing(): void {
  if (app.mode === "zone" && app.corners.length >= CORNERS[app.zoneForm]) app.mode = "none";
  else if (app.mode === "measure") app.stopDrawing();
}
