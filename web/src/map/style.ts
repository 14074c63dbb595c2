// The quiet basemap: grey roads on a plain ground, so that operations are the only loud thing.
// No glyph server and no sprite: labels use fonts of the device, icons are drawn on a canvas.

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Theme } from "../shared/theme.svelte";

export const MAP_FONT = [
  "Noto Sans",
  "Noto Sans CJK SC",
  "PingFang SC",
  "Microsoft YaHei",
  "Arial",
];

export interface Ink {
  ground: string;
  road: Record<RoadRank, string>;
  casing: string;
  label: string;
  halo: string;
  text: string;
  textHalo: string;
  line: string;
}

type RoadRank = "major" | "middle" | "minor" | "path";

const INK: Record<Theme, Ink> = {
  dark: {
    ground: "#131a22",
    road: { major: "#64748a", middle: "#526173", minor: "#3e4b5b", path: "#333f4c" },
    casing: "#0d1218",
    label: "#b0bdca",
    halo: "#131a22",
    text: "#f2f5f8",
    textHalo: "#0b1015",
    line: "#8fd0f5",
  },
  light: {
    ground: "#eef0f2",
    road: { major: "#ffffff", middle: "#ffffff", minor: "#ffffff", path: "#dde1e5" },
    casing: "#c3cad2",
    label: "#55616e",
    halo: "#f7f8f9",
    text: "#10161d",
    textHalo: "#ffffff",
    line: "#0b5cad",
  },
};

export const ink = (theme: Theme): Ink => INK[theme];

const RANKS: Record<RoadRank, readonly string[]> = {
  major: ["motorway", "motorway_link", "trunk", "trunk_link"],
  middle: ["primary", "primary_link", "secondary", "secondary_link"],
  minor: ["tertiary", "tertiary_link", "unclassified", "residential", "living_street", "road"],
  path: ["service", "track", "pedestrian", "footway", "path", "cycleway", "steps", "bridleway"],
};

/** Widths in pixels at zoom 9, 13, 16 and 19. */
const WIDTHS: Record<RoadRank, readonly [number, number, number, number]> = {
  major: [1.2, 3, 8, 20],
  middle: [0.6, 2, 6, 16],
  minor: [0.15, 0.9, 4, 12],
  path: [0, 0.4, 1.5, 5],
};

const MIN_ZOOM: Record<RoadRank, number> = { major: 5, middle: 8, minor: 10, path: 13 };

/** Paths are drawn first and motorways last, so that the important road lies on top. */
const ORDER: readonly RoadRank[] = ["path", "minor", "middle", "major"];

function width(rank: RoadRank, extra: number): ExpressionSpecification {
  const [a, b, c, d] = WIDTHS[rank];
  const w = (n: number) => n + extra;
  return ["interpolate", ["exponential", 1.4], ["zoom"], 9, w(a), 13, w(b), 16, w(c), 19, w(d)];
}

function rankFilter(rank: RoadRank): ExpressionSpecification {
  const listed: ExpressionSpecification = ["in", ["get", "class"], ["literal", [...RANKS[rank]]]];
  if (rank !== "minor") return listed;
  // A class nobody has heard of is still a road.
  const others = ORDER.filter((r) => r !== "minor").flatMap((r) => RANKS[r]);
  return ["!", ["in", ["get", "class"], ["literal", others]]];
}

function roadLayers(paint: Ink): LayerSpecification[] {
  const layout = { "line-cap": "round", "line-join": "round" } as const;
  const casings = ORDER.filter((rank) => rank !== "path").map((rank): LayerSpecification => ({
    id: `casing-${rank}`,
    type: "line",
    source: "roads",
    minzoom: Math.max(12, MIN_ZOOM[rank]),
    filter: rankFilter(rank),
    layout,
    paint: { "line-color": paint.casing, "line-width": width(rank, 1.6) },
  }));
  const fills = ORDER.map((rank): LayerSpecification => ({
    id: `road-${rank}`,
    type: "line",
    source: "roads",
    minzoom: MIN_ZOOM[rank],
    filter: rankFilter(rank),
    layout,
    paint: {
      // Without a casing a white road on a light ground is invisible.
      "line-color": [
        "step",
        ["zoom"],
        paint.road[rank] === "#ffffff" ? paint.casing : paint.road[rank],
        12,
        paint.road[rank],
      ],
      "line-width": width(rank, 0),
    },
  }));
  return [...casings, ...fills];
}

function labelLayer(
  id: string,
  ranks: readonly RoadRank[],
  minzoom: number,
  paint: Ink,
): LayerSpecification {
  return {
    id,
    type: "symbol",
    source: "roads",
    minzoom,
    filter: ["all", ["has", "name"], ["any", ...ranks.map(rankFilter)]],
    layout: {
      "symbol-placement": "line",
      "text-field": ["get", "name"],
      "text-font": MAP_FONT,
      "text-size": ["interpolate", ["linear"], ["zoom"], 13, 10.5, 18, 13],
      "symbol-spacing": 320,
      "text-max-angle": 35,
      "text-padding": 4,
    },
    paint: { "text-color": paint.label, "text-halo-color": paint.halo, "text-halo-width": 1.4 },
  };
}

/** The style of the basemap; operations are added above it. */
export function basemap(theme: Theme, roads: string): StyleSpecification {
  const paint = INK[theme];
  return {
    version: 8,
    sources: {
      roads: { type: "geojson", data: roads, tolerance: 0.3, maxzoom: 15 },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": paint.ground } },
      ...roadLayers(paint),
      labelLayer("label-minor", ["minor", "path"], 15, paint),
      labelLayer("label-middle", ["middle"], 13.5, paint),
      labelLayer("label-major", ["major"], 12.5, paint),
    ],
  };
}
