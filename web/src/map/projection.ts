// Where a place is on the map shown. The app's places are WGS-84; a layer in another system lies
// elsewhere, and everything drawn on it has to lie there too.

import type { Feature, FeatureCollection, GeoJSON, Geometry, Position } from "geojson";
import type { LonLat } from "../shared/wire";

export interface Projection {
  /** From WGS-84 to where the layer has it. */
  toMap(at: LonLat): LonLat;
  toWgs84(at: LonLat): LonLat;
}

export const WGS84: Projection = { toMap: (at) => at, toWgs84: (at) => at };

export type Bounds = [west: number, south: number, east: number, north: number];

/** The same data where the layer has it; the data itself when nothing has to move. */
export function moved<T extends GeoJSON>(data: T, projection: Projection): T {
  return projection === WGS84 ? data : (move(data, projection) as T);
}

export function movedBounds([w, s, e, n]: Bounds, to: (at: LonLat) => LonLat): Bounds {
  const corners = [to([w, s]), to([e, n]), to([w, n]), to([e, s])];
  const lons = corners.map(([lon]) => lon);
  const lats = corners.map(([, lat]) => lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

function move(data: GeoJSON, projection: Projection): GeoJSON {
  switch (data.type) {
    case "FeatureCollection":
      return {
        ...data,
        features: data.features.map((one) => move(one, projection) as Feature),
      } satisfies FeatureCollection;
    case "Feature":
      return { ...data, geometry: move(data.geometry, projection) as Geometry };
    case "GeometryCollection":
      return { ...data, geometries: data.geometries.map((g) => move(g, projection) as Geometry) };
    default:
      return { ...data, coordinates: moveAll(data.coordinates, projection) } as Geometry;
  }
}

type Nested = Position | Nested[];

function moveAll(coordinates: Nested, projection: Projection): Nested {
  if (typeof coordinates[0] === "number") {
    const [lon, lat, ...height] = coordinates as Position;
    return [...projection.toMap([lon!, lat!]), ...height];
  }
  return (coordinates as Nested[]).map((part) => moveAll(part, projection));
}
