// View -> GeoJSON. Pure: what the map shows is decided here and tested without a map.

import type { Feature, FeatureCollection, Geometry, LineString, Point } from "geojson";
import { hatch, incidentIcon, personIcon, ZONE_COLOUR } from "../map/images";
import type {
  Assignment,
  Id,
  LonLat,
  Offer,
  PositionFix,
  Station,
  VolunteerId,
  VolunteersHere,
  Zone,
} from "../shared/wire";
import type { Language } from "../shared/i18n";
import { fillShare, type BoardItem } from "./select";

/** A position older than this is shown faint: it is where somebody was. */
export const STALE_FIX_MS = 5 * 60_000;

const ACTIVE = new Set(["RESERVED", "ASSIGNED", "EN_ROUTE", "ON_SCENE"]);
const RANK = { I: 3, II: 2, III: 1, IV: 0 } as const;

export type Collection<G extends Geometry> = FeatureCollection<G, Record<string, unknown>>;

const collection = <G extends Geometry>(
  features: Feature<G, Record<string, unknown>>[],
): Collection<G> => ({ type: "FeatureCollection", features });

const point = (
  at: LonLat,
  properties: Record<string, unknown>,
): Feature<Point, Record<string, unknown>> => ({
  type: "Feature",
  geometry: { type: "Point", coordinates: at },
  properties,
});

const line = (
  coordinates: LonLat[],
  properties: Record<string, unknown>,
): Feature<LineString, Record<string, unknown>> => ({
  type: "Feature",
  geometry: { type: "LineString", coordinates },
  properties,
});

/** Open incidents, and the selected one even when it is closed. */
export function incidentFeatures(
  items: readonly BoardItem[],
  selected: Id | null,
): Collection<Point> {
  return collection(
    items
      .filter(({ incident }) => incident.status === "OPEN" || incident.id === selected)
      .map(({ incident, fill }) => {
        const isSelected = incident.id === selected;
        return point([incident.site.lon, incident.site.lat], {
          number: incident.number,
          title: incident.title,
          icon: incidentIcon(incident.severity, fillShare(fill), isSelected),
          // The worst lies on top, the selected one above all.
          order: RANK[incident.severity] + (isSelected ? 10 : 0),
          selected: isSelected,
        });
      }),
  );
}

/** Pixels per metre at zoom 0 on the equator: the world is 512 pixels wide there. */
const PX_PER_M = 512 / 40_075_016.686;

/**
 * Active zones: areas, lines and points. `wide` is the reach around them in pixels at zoom 0, which
 * doubles with each zoom level; what is merely possible or not yet so is `sure: false`.
 */
export function zoneFeatures(zones: readonly Zone[], nowMs: number): Collection<Geometry> {
  const features: Feature<Geometry, Record<string, unknown>>[] = [];
  for (const zone of zones) {
    const first = zone.parts[0]?.[0]?.[0];
    const over = zone.ends_at !== null && Date.parse(zone.ends_at) <= nowMs;
    if (zone.status !== "ACTIVE" || !first || over) continue;
    const ahead = zone.starts_at !== null && Date.parse(zone.starts_at) > nowMs;
    const sure = (zone.certainty === "OBSERVED" || zone.certainty === "LIKELY") && !ahead;
    const pxPerM = PX_PER_M / Math.cos((first[1] * Math.PI) / 180);
    features.push({
      type: "Feature",
      geometry: zoneGeometry(zone),
      properties: {
        id: zone.id,
        name: zone.name,
        form: zone.form,
        hatch: hatch(zone.kind),
        colour: ZONE_COLOUR[zone.kind] ?? ZONE_COLOUR.other,
        wide: zone.radius_m * pxPerM,
        sure,
      },
    });
  }
  return collection(features);
}

function zoneGeometry({ form, parts }: Zone): Geometry {
  const alone = parts.map((part) => part[0] ?? []);
  switch (form) {
    case "AREA":
      return {
        type: "MultiPolygon",
        coordinates: parts.map((rings) => rings.map((ring) => [...ring, ring[0]!])),
      };
    case "LINE":
      return { type: "MultiLineString", coordinates: alone };
    case "POINT":
      return { type: "MultiPoint", coordinates: alone.flat() };
  }
}

/** Stations, named in the language shown, else by their code. */
export function stationFeatures(
  stations: readonly Station[],
  language: Language,
): Collection<Point> {
  return collection(
    stations.map(({ code, names, lon, lat }) =>
      point([lon, lat], { code, name: names[language] || code }),
    ),
  );
}

/** All the points of a zone, to bring it into view. */
export const zonePoints = (zone: Zone): LonLat[] => zone.parts.flat(2);

export interface Crew {
  people: Collection<Point>;
  lines: Collection<LineString>;
  /** Who is drawn here and must not be drawn again as a bystander. */
  drawn: Set<VolunteerId>;
}

export interface CrewInput {
  assignments: readonly Assignment[];
  offers: readonly Offer[];
  sites: ReadonlyMap<Id, LonLat>;
  positions: ReadonlyMap<VolunteerId, PositionFix>;
  selected: Id | null;
  nowMs: number;
}

/**
 * Everyone on a task, and everyone asked for the selected incident; lines only for the selected
 * incident, from the person to the site of the need.
 */
export function crewFeatures(input: CrewInput): Crew {
  const people: Feature<Point, Record<string, unknown>>[] = [];
  const lines: Feature<LineString, Record<string, unknown>>[] = [];
  const drawn = new Set<VolunteerId>();
  const add = (
    person: VolunteerId,
    at: LonLat,
    status: string,
    of: { need_id: Id; incident_id: Id },
    fresh: boolean,
    inside = false,
  ) => {
    const selected = of.incident_id === input.selected;
    drawn.add(person);
    people.push(
      point(at, {
        volunteer: person,
        incident: of.incident_id,
        icon: personIcon(status),
        fresh,
        inside,
      }),
    );
    const site = input.sites.get(of.need_id);
    if (selected && site && status !== "ON_SCENE") {
      lines.push(line([at, site], { asked: status === "OFFERED" }));
    }
  };
  for (const assignment of input.assignments) {
    if (!ACTIVE.has(assignment.status)) continue;
    const fix = latestFix(assignment, input.positions.get(assignment.volunteer_id));
    const site = input.sites.get(assignment.need_id);
    const at: LonLat | undefined = fix
      ? [fix.lon, fix.lat]
      : assignment.status === "ON_SCENE"
        ? site
        : assignment.origin
          ? [assignment.origin.lon, assignment.origin.lat]
          : undefined;
    if (!at) continue;
    const moving = assignment.status === "EN_ROUTE";
    const fresh =
      !moving || (fix !== null && input.nowMs - Date.parse(fix.taken_at) < STALE_FIX_MS);
    add(assignment.volunteer_id, at, assignment.status, assignment, fresh, assignment.inside);
  }
  for (const offer of input.offers) {
    if (offer.status !== "OPEN" || offer.incident_id !== input.selected) continue;
    if (drawn.has(offer.volunteer_id)) continue;
    add(offer.volunteer_id, [offer.origin.lon, offer.origin.lat], "OFFERED", offer, true);
  }
  return { people: collection(people), lines: collection(lines), drawn };
}

function latestFix(
  assignment: Assignment,
  live: PositionFix | undefined,
): Pick<PositionFix, "lon" | "lat" | "taken_at"> | null {
  const stored = assignment.fix;
  if (!live) return stored;
  if (!stored) return live;
  return Date.parse(live.taken_at) >= Date.parse(stored.taken_at) ? live : stored;
}

export function cellFeatures(here: VolunteersHere): Collection<Point> {
  return collection(
    here.cells.map(({ lon, lat, count, available }) =>
      point([lon, lat], { count, available, share: count === 0 ? 0 : available / count }),
    ),
  );
}

export function bystanderFeatures(
  here: VolunteersHere,
  drawn: ReadonlySet<VolunteerId>,
): Collection<Point> {
  return collection(
    here.people
      .filter((person) => !drawn.has(person.id))
      .map(({ id, lon, lat, status, inside }) =>
        point([lon, lat], { volunteer: id, status, icon: personIcon(status), inside }),
      ),
  );
}

/** The drawing in progress: its corners, its line, and its area once there are three corners. */
export function sketchFeatures(corners: readonly LonLat[], closed: boolean): Collection<Geometry> {
  const features: Feature<Geometry, Record<string, unknown>>[] = corners.map((c) => point(c, {}));
  const path = closed && corners.length >= 3 ? [...corners, corners[0]!] : [...corners];
  if (path.length >= 2) features.push(line(path, {}));
  if (closed && corners.length >= 3) {
    features.push({
      type: "Feature",
      geometry: { type: "Polygon", coordinates: [path] },
      properties: {},
    });
  }
  return collection(features);
}
