// The quiet basemap: grey roads on a plain ground, so that operations are the only loud thing.
// No glyph server and no sprite: labels use fonts of the device, icons are drawn on a canvas.

import type {
  ExpressionSpecification,
  LayerSpecification,
  RasterLayerSpecification,
  SourceSpecification,
} from "maplibre-gl";
import type { Language } from "../shared/i18n";
import type { Theme } from "../shared/theme.svelte";
import type { MapLayer } from "../shared/wire";

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
  water: string;
  waterLabel: string;
  land: Record<Ground, string>;
  building: string;
  rail: string;
  border: string;
  place: string;
}

type Ground = "wood" | "grass" | "farm" | "built" | "works" | "wetland" | "bare";

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
    water: "#1b3245",
    waterLabel: "#6f93b0",
    land: {
      wood: "#162420",
      grass: "#18261f",
      farm: "#191f21",
      built: "#19212b",
      works: "#1c212a",
      wetland: "#152a2e",
      bare: "#1d2125",
    },
    building: "#232e3a",
    rail: "#46525f",
    border: "#5a6675",
    place: "#d3dce5",
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
    water: "#bfd6e6",
    waterLabel: "#4d7693",
    land: {
      wood: "#d7e4d3",
      grass: "#dfe9da",
      farm: "#ebece0",
      built: "#e7e9eb",
      works: "#e3e2e7",
      wetland: "#d3e3e2",
      bare: "#e8e5df",
    },
    building: "#d6dadf",
    rail: "#aab3bd",
    border: "#98a1ab",
    place: "#2c3640",
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

/** Roads are a source of their own, or a layer of a tile file. */
type From = { source: string; "source-layer"?: string };

function roadLayers(paint: Ink, from: From): LayerSpecification[] {
  const layout = { "line-cap": "round", "line-join": "round" } as const;
  const casings = ORDER.filter((rank) => rank !== "path").map((rank): LayerSpecification => ({
    id: `casing-${rank}`,
    type: "line",
    ...from,
    minzoom: Math.max(12, MIN_ZOOM[rank]),
    filter: rankFilter(rank),
    layout,
    paint: { "line-color": paint.casing, "line-width": width(rank, 1.6) },
  }));
  const fills = ORDER.map((rank): LayerSpecification => ({
    id: `road-${rank}`,
    type: "line",
    ...from,
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

/** The name in the language shown, else the one on the signs. */
const nameIn = (lang: Language): ExpressionSpecification => [
  "coalesce",
  ["get", `name_${lang}`],
  ["get", "name"],
];

function roadLabels(paint: Ink, from: From, lang: Language): LayerSpecification[] {
  const label = (id: string, ranks: readonly RoadRank[], minzoom: number): LayerSpecification => ({
    id,
    type: "symbol",
    ...from,
    minzoom,
    filter: ["all", ["has", "name"], ["any", ...ranks.map(rankFilter)]],
    layout: {
      "symbol-placement": "line",
      "text-field": nameIn(lang),
      "text-font": MAP_FONT,
      "text-size": ["interpolate", ["linear"], ["zoom"], 13, 10.5, 18, 13],
      "symbol-spacing": 320,
      "text-max-angle": 35,
      "text-padding": 4,
    },
    paint: { "text-color": paint.label, "text-halo-color": paint.halo, "text-halo-width": 1.4 },
  });
  return [
    label("label-minor", ["minor", "path"], 15),
    label("label-middle", ["middle"], 13.5),
    label("label-major", ["major"], 12.5),
  ];
}

const TILES = "tiles";
const tiled = (layer: string): Required<From> => ({ source: TILES, "source-layer": layer });

/** Everything below the roads of a tile file; its layers are listed in docs/reference/map.md. */
function groundLayers(paint: Ink): LayerSpecification[] {
  const kinds = Object.entries(paint.land).flat() as [string, string];
  return [
    {
      id: "landuse",
      type: "fill",
      ...tiled("landuse"),
      paint: { "fill-color": ["match", ["get", "class"], ...kinds, paint.ground] },
    },
    { id: "water", type: "fill", ...tiled("water"), paint: { "fill-color": paint.water } },
    {
      id: "waterways",
      type: "line",
      ...tiled("waterways"),
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": paint.water,
        "line-width": [
          "interpolate",
          ["exponential", 1.4],
          ["zoom"],
          ...[8, ["match", ["get", "class"], "river", 1, 0.4]],
          ...[16, ["match", ["get", "class"], "river", 9, "canal", 6, 2.5]],
        ] as unknown as ExpressionSpecification,
      },
    },
    {
      id: "buildings",
      type: "fill",
      ...tiled("buildings"),
      paint: {
        "fill-color": paint.building,
        "fill-opacity": ["interpolate", ["linear"], ["zoom"], 13, 0.4, 15, 1],
      },
    },
    {
      id: "rails",
      type: "line",
      ...tiled("rails"),
      paint: {
        "line-color": paint.rail,
        "line-width": ["interpolate", ["exponential", 1.4], ["zoom"], 9, 0.6, 16, 3],
        "line-dasharray": [4, 1.5],
      },
    },
  ];
}

function placeLayers(paint: Ink, lang: Language): LayerSpecification[] {
  return [
    {
      id: "boundaries",
      type: "line",
      ...tiled("boundaries"),
      paint: { "line-color": paint.border, "line-width": 1, "line-dasharray": [5, 2, 1, 2] },
    },
    {
      id: "label-water",
      type: "symbol",
      ...tiled("waterways"),
      minzoom: 12,
      filter: ["has", "name"],
      layout: {
        "symbol-placement": "line",
        "text-field": nameIn(lang),
        "text-font": MAP_FONT,
        "text-size": 11,
        "symbol-spacing": 400,
      },
      paint: {
        "text-color": paint.waterLabel,
        "text-halo-color": paint.halo,
        "text-halo-width": 1.2,
      },
    },
    {
      id: "places",
      type: "symbol",
      ...tiled("places"),
      layout: {
        "text-field": nameIn(lang),
        "text-font": MAP_FONT,
        "text-size": [
          "interpolate",
          ["linear"],
          ["zoom"],
          ...[6, ["-", 13, ["get", "rank"]]],
          ...[14, ["-", 18, ["get", "rank"]]],
        ] as unknown as ExpressionSpecification,
        "text-max-width": 8,
        "symbol-sort-key": ["get", "rank"],
        "text-padding": 6,
      },
      paint: { "text-color": paint.place, "text-halo-color": paint.halo, "text-halo-width": 1.6 },
    },
  ];
}

/** Other people's colours are turned down, so that operations stay the loudest. */
const QUIET: Record<Theme, NonNullable<RasterLayerSpecification["paint"]>> = {
  dark: {
    "raster-saturation": -0.75,
    "raster-brightness-min": 0,
    "raster-brightness-max": 0.5,
    "raster-contrast": -0.1,
  },
  light: {
    "raster-saturation": -0.5,
    "raster-brightness-min": 0.15,
    "raster-brightness-max": 1,
    "raster-contrast": -0.1,
  },
};

/** The sources and layers that draw one map layer; operations are added above them. */
export interface Base {
  sources: Record<string, SourceSpecification>;
  layers: LayerSpecification[];
}

export function baseOf(layer: MapLayer, theme: Theme, lang: Language, origin: string): Base {
  const paint = INK[theme];
  const ground: LayerSpecification = {
    id: "ground",
    type: "background",
    paint: { "background-color": paint.ground },
  };
  const attribution = escapeHtml(layer.attribution);
  switch (layer.kind) {
    case "roads": {
      const from = { source: "roads" };
      const data = `${origin}/api/map/roads.geojson`;
      return {
        sources: { roads: { type: "geojson", data, tolerance: 0.3, maxzoom: 15, attribution } },
        layers: [ground, ...roadLayers(paint, from), ...roadLabels(paint, from, lang)],
      };
    }
    case "pmtiles": {
      const from = tiled("roads");
      const url = `pmtiles://${origin}/api/map/tiles/${layer.id}.pmtiles`;
      return {
        sources: { [TILES]: { type: "vector", url, attribution } },
        layers: [
          ground,
          ...groundLayers(paint),
          ...roadLayers(paint, from),
          ...roadLabels(paint, from, lang),
          ...placeLayers(paint, lang),
        ],
      };
    }
    case "xyz":
      return pictures(layer, ground, theme, attribution);
  }
}

function pictures(
  { tiles, min_zoom, max_zoom }: MapLayer,
  ground: LayerSpecification,
  theme: Theme,
  attribution: string,
): Base {
  const names = tiles.map((_, i) => `pictures-${i}`);
  const sources = tiles.map((addresses): SourceSpecification => ({
    type: "raster",
    tiles: addresses,
    tileSize: 256,
    minzoom: min_zoom,
    maxzoom: max_zoom,
    attribution,
  }));
  const layers = names.map((name): LayerSpecification => ({
    id: name,
    type: "raster",
    source: name,
    paint: QUIET[theme],
  }));
  return {
    sources: Object.fromEntries(names.map((name, i) => [name, sources[i]!])),
    layers: [ground, ...layers],
  };
}

/** The attribution control takes HTML; what the server sends is text. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
