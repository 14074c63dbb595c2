import { describe, expect, it } from "vitest";
import {
  bystanderFeatures,
  cellFeatures,
  crewFeatures,
  incidentFeatures,
  sketchFeatures,
  stationFeatures,
  zoneFeatures,
  type CrewInput,
} from "../src/command/features";
import { board } from "../src/command/select";
import { incidentIcon, personIcon } from "../src/map/images";
import type { LonLat, PositionFix, Zone } from "../src/shared/wire";
import { assignment, at, counts, incident, need, NOW, offer } from "./fixtures";

const SITE: LonLat = [-71.25, -29.9];
const fix = (lon: number, minutesAgo: number): PositionFix => ({
  volunteer_id: 7,
  lon,
  lat: -29.9,
  accuracy_m: 5,
  taken_at: at(-minutesAgo),
});
const crew = (some: Partial<CrewInput>) =>
  crewFeatures({
    assignments: [],
    offers: [],
    sites: new Map([["n1", SITE]]),
    positions: new Map(),
    selected: null,
    nowMs: NOW,
    ...some,
  });

describe("incidents", () => {
  const items = board(
    [
      incident({ number: 1, severity: "I" }),
      incident({ number: 2, severity: "IV" }),
      incident({ number: 3, status: "CLOSED" }),
    ],
    [need({ counts: counts({ on_scene: 2 }) })],
  );

  it("draws the open ones with severity and the share of people found", () => {
    const { features } = incidentFeatures(items, null);
    expect(features.map((f) => f.properties["number"])).toEqual([1, 2]);
    expect(features[0]?.properties["icon"]).toBe("incident|I|12|0");
    expect(features[0]?.geometry.coordinates).toEqual([-71.25, -29.9]);
  });

  it("lifts the selected one, and keeps it when it is closed", () => {
    const { features } = incidentFeatures(items, "i3");
    const closed = features.find((f) => f.properties["number"] === 3);
    expect(closed?.properties).toMatchObject({ selected: true, icon: "incident|II|0|1" });
    const orders = features.map((f) => Number(f.properties["order"]));
    expect(Math.max(...orders)).toBe(closed?.properties["order"]);
  });
});

describe("crew", () => {
  it("draws everyone on a task, where they were seen last", () => {
    const one = assignment({ fix: { lon: -71.4, lat: -29.9, accuracy_m: 5, taken_at: at(-2) } });
    const stored = crew({ assignments: [one] });
    expect(stored.people.features[0]?.geometry.coordinates).toEqual([-71.4, -29.9]);
    const live = crew({ assignments: [one], positions: new Map([[7, fix(-71.5, 0)]]) });
    expect(live.people.features[0]?.geometry.coordinates).toEqual([-71.5, -29.9]);
    const late = crew({ assignments: [one], positions: new Map([[7, fix(-71.6, 9)]]) });
    expect(late.people.features[0]?.geometry.coordinates).toEqual([-71.4, -29.9]);
  });

  it("starts from the origin and ends at the site when no position is known", () => {
    const going = crew({ assignments: [assignment()] });
    expect(going.people.features[0]?.geometry.coordinates).toEqual([-71.3, -29.95]);
    const there = crew({ assignments: [assignment({ status: "ON_SCENE" })] });
    expect(there.people.features[0]?.geometry.coordinates).toEqual(SITE);
    expect(crew({ assignments: [assignment({ origin: null })] }).people.features).toEqual([]);
  });

  it("marks who moves and was not heard of for five minutes", () => {
    const fresh = (minutes: number) =>
      crew({ assignments: [assignment()], positions: new Map([[7, fix(-71.5, minutes)]]) }).people
        .features[0]?.properties["fresh"];
    expect(fresh(1)).toBe(true);
    expect(fresh(6)).toBe(false);
  });

  it("forgets who is done", () => {
    for (const status of ["RELEASED", "HOME", "STOOD_DOWN"] as const) {
      expect(crew({ assignments: [assignment({ status })] }).people.features).toEqual([]);
    }
  });

  it("draws lines and asked people only for the selected incident", () => {
    const input = {
      assignments: [assignment()],
      offers: [
        offer({ id: "o2", volunteer_id: 8 }),
        offer({ id: "o3", volunteer_id: 9, status: "DECLINED" }),
      ],
    };
    expect(crew(input).lines.features).toEqual([]);
    expect(crew(input).people.features).toHaveLength(1);
    const selected = crew({ ...input, selected: "i1" });
    expect(selected.people.features.map((f) => f.properties["icon"])).toEqual([
      personIcon("EN_ROUTE"),
      personIcon("OFFERED"),
    ]);
    expect(selected.lines.features.map((f) => f.properties["asked"])).toEqual([false, true]);
    expect(selected.lines.features[0]?.geometry.coordinates).toEqual([[-71.3, -29.95], SITE]);
    expect([...selected.drawn]).toEqual([7, 8]);
  });

  it("draws no line for who is there, and nobody twice", () => {
    const there = crew({
      assignments: [assignment({ status: "ON_SCENE" })],
      offers: [offer()],
      selected: "i1",
    });
    expect(there.lines.features).toEqual([]);
    expect(there.people.features).toHaveLength(1);
  });
});

describe("volunteers around", () => {
  it("leaves out who is drawn as crew", () => {
    const here = {
      cells: [],
      people: [
        { id: 7, lon: 0, lat: 0, status: "EN_ROUTE" as const, inside: false },
        { id: 8, lon: 1, lat: 1, status: "AVAILABLE" as const, inside: false },
      ],
    };
    const { features } = bystanderFeatures(here, new Set([7]));
    expect(features.map((f) => f.properties["volunteer"])).toEqual([8]);
  });

  it("counts cells and survives empty ones", () => {
    const { features } = cellFeatures({
      cells: [
        { lon: 0, lat: 0, count: 10, available: 4 },
        { lon: 1, lat: 1, count: 0, available: 0 },
      ],
      people: [],
    });
    expect(features.map((f) => f.properties["share"])).toEqual([0.4, 0]);
  });

  it("has an icon for every status, known or not", () => {
    expect(personIcon("ON_SCENE")).toBe("person|ON_SCENE");
    expect(personIcon("LATER")).toBe("person|UNAVAILABLE");
    expect(incidentIcon("I", 7, false)).toBe("incident|I|24|0");
  });
});

it("names stations in the language shown, else by their code", () => {
  const station = { code: "S1", region: null, lon: 1, lat: 2, functions: "" };
  const named = stationFeatures([{ ...station, names: { zh: "站", en: "" } }], "zh");
  expect(named.features[0]?.properties["name"]).toBe("站");
  const other = stationFeatures([{ ...station, names: { zh: "站", en: "" } }], "en");
  expect(other.features[0]?.properties["name"]).toBe("S1");
});

describe("zones and sketches", () => {
  const ring: LonLat[] = [
    [0, 0],
    [1, 0],
    [1, 1],
  ];
  const zone = (some: Partial<Zone>): Zone => ({
    id: "z",
    kind: "fire",
    name: "Z",
    form: "AREA",
    parts: [[ring]],
    radius_m: 0,
    blocks: ["car"],
    pace: 1,
    certainty: "OBSERVED",
    starts_at: null,
    ends_at: null,
    repaired: false,
    status: "ACTIVE",
    drawn_at: at(0),
    cleared_at: null,
    warned: 0,
    ...some,
  });
  const nowMs = Date.parse(at(0));

  it("closes rings, and shows only zones that are active and not over", () => {
    const { features } = zoneFeatures(
      [
        zone({}),
        zone({ status: "CLEARED" }),
        zone({ parts: [] }),
        zone({ ends_at: new Date(nowMs).toISOString() }),
      ],
      nowMs,
    );
    expect(features).toHaveLength(1);
    expect(features[0]?.geometry).toEqual({
      type: "MultiPolygon",
      coordinates: [[[...ring, [0, 0]]]],
    });
    expect(features[0]?.properties["hatch"]).toBe("hatch|fire");
  });

  it("draws lines and points, as wide as they reach", () => {
    const [line, point] = zoneFeatures(
      [
        zone({ form: "LINE", parts: [[ring]] }),
        zone({ form: "POINT", parts: [[[[0, 60]]]], radius_m: 1000 }),
      ],
      nowMs,
    ).features;
    expect(line?.geometry).toEqual({ type: "MultiLineString", coordinates: [ring] });
    expect(point?.geometry).toEqual({ type: "MultiPoint", coordinates: [[0, 60]] });
    // A kilometre at 60 degrees is twice as many pixels as on the equator.
    expect(point?.properties["wide"]).toBeCloseTo((2 * 512 * 1000) / 40_075_016.686, 6);
  });

  it.each([
    [{}, true],
    [{ certainty: "LIKELY" as const }, true],
    [{ certainty: "POSSIBLE" as const }, false],
    [{ starts_at: new Date(nowMs + 60_000).toISOString() }, false],
  ])("tells what closes roads from what may: %j", (some, sure) => {
    expect(zoneFeatures([zone(some)], nowMs).features[0]?.properties["sure"]).toBe(sure);
  });

  it("shows corners, then a line, then an area", () => {
    const types = (corners: LonLat[], closed: boolean) =>
      sketchFeatures(corners, closed).features.map((f) => f.geometry.type);
    expect(types(ring.slice(0, 1), true)).toEqual(["Point"]);
    expect(types(ring.slice(0, 2), true)).toEqual(["Point", "Point", "LineString"]);
    expect(types(ring, true)).toEqual(["Point", "Point", "Point", "LineString", "Polygon"]);
    expect(types(ring, false)).toEqual(["Point", "Point", "Point", "LineString"]);
  });
});
