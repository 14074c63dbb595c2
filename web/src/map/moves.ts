// What changed between two pictures of many points. Pure; handing over ten thousand points anew
// costs the page more than finding the few that moved.

import type { Feature, Point } from "geojson";
import type { GeoJSONFeatureDiff, GeoJSONSourceDiff } from "maplibre-gl";
import type { LonLat } from "../shared/wire";
import type { Projection } from "./projection";
import type { Points } from "./surface";

type One = Feature<Point, Record<string, unknown>>;
type Id = string | number;
export type Shown = ReadonlyMap<Id, One>;

export interface Moves {
  shown: Shown;
  /** Undefined when everything has to be drawn anew. */
  diff: GeoJSONSourceDiff | "same" | undefined;
}

/** The property that tells points apart; sources of points promote it to their id. */
export const POINT_ID = "volunteer";

/** Points that cannot be told apart are drawn anew each time. */
export function moves(before: Shown | undefined, points: Points, projection: Projection): Moves {
  const shown = new Map<Id, One>();
  for (const one of points.features) {
    const id = one.properties[POINT_ID];
    if (typeof id === "number" || typeof id === "string") shown.set(id, one);
  }
  if (!before || shown.size < points.features.length) return { shown, diff: undefined };
  const at = (one: One): Point => ({
    type: "Point",
    coordinates: projection.toMap(one.geometry.coordinates as LonLat),
  });
  const add: One[] = [];
  const update: GeoJSONFeatureDiff[] = [];
  for (const [id, one] of shown) {
    const was = before.get(id);
    if (!was) add.push({ ...one, geometry: at(one) });
    else if (was !== one) {
      const change = changed(was, one, at);
      if (change) update.push({ id, ...change });
    }
  }
  const remove = [...before.keys()].filter((id) => !shown.has(id));
  const same = add.length + update.length + remove.length === 0;
  return { shown, diff: same ? "same" : { add, update, remove } };
}

function changed(
  was: One,
  one: One,
  at: (one: One) => Point,
): Omit<GeoJSONFeatureDiff, "id"> | null {
  const [x, y] = was.geometry.coordinates;
  const [lon, lat] = one.geometry.coordinates;
  const addOrUpdateProperties = [];
  for (const key in one.properties) {
    const value = one.properties[key];
    if (was.properties[key] !== value) addOrUpdateProperties.push({ key, value });
  }
  const stayed = x === lon && y === lat;
  if (stayed && addOrUpdateProperties.length === 0) return null;
  return {
    ...(stayed ? {} : { newGeometry: at(one) }),
    ...(addOrUpdateProperties.length > 0 ? { addOrUpdateProperties } : {}),
  };
}
