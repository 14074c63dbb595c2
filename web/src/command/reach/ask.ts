// What the planner is asked about reach and coverage. Pure, but for the two calls at the end.

import type { MultiPolygon } from "geojson";
import { get } from "../../shared/http";
import type { Hazard, Id, Instant, LonLat, Mode, Rain } from "../../shared/wire";

type Polygons = MultiPolygon["coordinates"];

/** What an answer holds for. */
export interface Under {
  at: Instant;
  zone_ids: Id[];
  rain: Rain;
}

export interface ReachBand {
  minutes: number;
  /** From where one gets there in that time, by the mode asked for. */
  area: Polygons;
  /** Who responds in that time: turnout and travel by their own means. */
  people: number;
  by_skill: Record<string, number>;
}

export interface Reach {
  bands: ReachBand[];
  people: number;
  estimated: boolean;
  under: Under;
}

export interface CoverageBand {
  minutes: number;
  area: Polygons;
  cells: number;
  road_m: number;
}

export interface Coverage {
  bands: CoverageBand[];
  minutes: number;
  /** Where nobody is in time. */
  gap: Polygons;
  cells: number;
  gap_cells: number;
  road_m: number;
  gap_road_m: number;
  people: number;
  /** How many more there would be if nobody were on a task or asked. */
  tasked: number;
  side_m: number;
  under: Under;
}

/** Whom one looks for; "" for a skill is any. */
export interface Sought {
  skill: string;
  level: number;
  hazard: Hazard;
}

export interface ReachQuery extends Sought {
  place: LonLat;
  mode: Mode;
  /** Stands for the skill, level and hazard it asks for. */
  need: Id | null;
}

export interface CoverageQuery extends Sought {
  box: readonly [west: number, south: number, east: number, north: number];
  /** "" is the agency's widest. */
  region: string;
  minutes: number;
  tasked: boolean;
}

const whom = ({ skill, level, hazard }: Sought): Record<string, string> => ({
  ...(skill === "" ? {} : { skill, level: String(level) }),
  hazard,
});

const degrees = (value: number, most: number): string =>
  Math.min(most, Math.max(-most, value)).toFixed(5);

export function reachPath(query: ReachQuery): string {
  const [lon, lat] = query.place;
  const params = new URLSearchParams({
    lon: degrees(lon, 180),
    lat: degrees(lat, 90),
    mode: query.mode,
    ...(query.need === null ? whom(query) : { need_id: query.need }),
  });
  return `/api/command/reach?${params.toString()}`;
}

export function coveragePath(query: CoverageQuery): string {
  const [west, south, east, north] = query.box;
  const params = new URLSearchParams({
    west: degrees(west, 180),
    south: degrees(south, 90),
    east: degrees(east, 180),
    north: degrees(north, 90),
    ...whom(query),
    ...(query.region === "" ? {} : { region: query.region }),
    minutes: String(query.minutes),
    ...(query.tasked ? { tasked: "true" } : {}),
  });
  return `/api/command/coverage?${params.toString()}`;
}

/** Of a whole that may be nothing. */
export const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** The planner may be matching everything while it is asked. */
const TIMEOUT_MS = 60_000;

export const reach = (query: ReachQuery): Promise<Reach> => get(reachPath(query), TIMEOUT_MS);

export const coverage = (query: CoverageQuery): Promise<Coverage> =>
  get(coveragePath(query), TIMEOUT_MS);
