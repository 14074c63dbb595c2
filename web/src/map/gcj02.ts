// GCJ-02, in which maps of the Chinese mainland are drawn: the same formulas and the same outline
// as the server's dispatch/geo/crs.py. Its own chunk: loaded when a layer needs it.

import outline from "../../../dispatch/geo/mainland.json";
import type { LonLat } from "../shared/wire";
import type { Projection } from "./projection";

const AXIS_M = 6_378_245;
const ECCENTRICITY_2 = 0.006693421622965823;
/** A tenth of a millimetre: where undoing the shift stops. */
const EXACT_DEG = 1e-9;
const ROUNDS = 12;

export const GCJ02: Projection = {
  toMap: (at) => (inMainland(at) ? shifted(at) : at),
  toWgs84(at) {
    const from = undone(at);
    return inMainland(from) ? from : at;
  },
};

function undone(target: LonLat): LonLat {
  let [lon, lat] = target;
  for (let round = 0; round < ROUNDS; round++) {
    const [x, y] = shifted([lon, lat]);
    lon -= x - target[0];
    lat -= y - target[1];
    if (Math.abs(x - target[0]) < EXACT_DEG && Math.abs(y - target[1]) < EXACT_DEG) break;
  }
  return [lon, lat];
}

function shifted([lon, lat]: LonLat): LonLat {
  const x = lon - 105;
  const y = lat - 35;
  const { PI, sqrt, abs } = Math;
  const sin = (turns: number) => Math.sin(turns * PI);
  const wave = 20 * sin(6 * x) + 20 * sin(2 * x);
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x));
  east += ((wave + 20 * sin(x) + 40 * sin(x / 3)) * 2) / 3;
  east += ((150 * sin(x / 12) + 300 * sin(x / 30)) * 2) / 3;
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x));
  north += ((wave + 20 * sin(y) + 40 * sin(y / 3)) * 2) / 3;
  north += ((160 * sin(y / 12) + 320 * sin(y / 30)) * 2) / 3;
  const rad = (lat * PI) / 180;
  const curve = 1 - ECCENTRICITY_2 * Math.sin(rad) ** 2;
  const meridian = (AXIS_M * (1 - ECCENTRICITY_2)) / (curve * sqrt(curve));
  const parallel = (AXIS_M / sqrt(curve)) * Math.cos(rad);
  return [lon + (east / parallel) * (180 / PI), lat + (north / meridian) * (180 / PI)];
}

type Ring = Float64Array;

/** Rings as x, y, x, y ...; holes are rings like others, a point inside an odd number is inside. */
const RINGS: readonly Ring[] = outline.polygons.flat().map(ringOf);
/** Most squares of this many degrees lie wholly inside or outside: those are decided once. */
const CELL = 0.25;
const cells = new Map<number, boolean | null>();

export function inMainland([lon, lat]: LonLat): boolean {
  if (!(lon > 70 && lon < 140 && lat > 10 && lat < 60)) return false;
  const column = Math.floor(lon / CELL);
  const row = Math.floor(lat / CELL);
  const key = column * 4096 + row;
  let known = cells.get(key);
  if (known === undefined) {
    known = crossed(column * CELL, row * CELL) ? null : holds(lon, lat);
    cells.set(key, known);
  }
  return known ?? holds(lon, lat);
}

function ringOf(steps: readonly number[]): Ring {
  const ring = new Float64Array(steps.length);
  let lon = 0;
  let lat = 0;
  for (let i = 0; i + 1 < steps.length; i += 2) {
    ring[i] = (lon += steps[i]!) / 1000;
    ring[i + 1] = (lat += steps[i + 1]!) / 1000;
  }
  return ring;
}

/** Calls back with each edge until it says stop. */
function someEdge(is: (x1: number, y1: number, x2: number, y2: number) => boolean): boolean {
  return RINGS.some((ring) => {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      if (is(ring[j]!, ring[j + 1]!, ring[i]!, ring[i + 1]!)) return true;
    }
    return false;
  });
}

/** Whether an edge may cross this square: by its box, which is enough to be careful. */
const crossed = (west: number, south: number): boolean =>
  someEdge(
    (x1, y1, x2, y2) =>
      Math.max(x1, x2) >= west &&
      Math.min(x1, x2) <= west + CELL &&
      Math.max(y1, y2) >= south &&
      Math.min(y1, y2) <= south + CELL,
  );

function holds(lon: number, lat: number): boolean {
  let inside = false;
  someEdge((x1, y1, x2, y2) => {
    if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
    return false;
  });
  return inside;
}
