// The operational layers above the basemap, from the ground up: zones, people, lines, incidents.

import type { Feature } from "geojson";
import type { ExpressionSpecification, LayerSpecification, MapLibreMap } from "maplibre-gl";
import type { Theme } from "../shared/theme.svelte";
import { AREA_COLOURS, GAP_VEIL, VEIL } from "./areas";
import { POINT_ID } from "../map/moves";
import { ink, MAP_FONT } from "../map/style";

const SOURCES = [
  "areas",
  "stations",
  "zones",
  "closures",
  "cells",
  "bystanders",
  "lines",
  "crew",
  "incidents",
  "sketch",
  "place",
] as const;
export type SourceName = (typeof SOURCES)[number];

/** Single people are sent from this zoom on; where they would be too many, counted cells still are. */
const PEOPLE_ZOOM = 12;

const EMPTY = { type: "FeatureCollection" as const, features: [] as Feature[] };

/** A size in pixels that doubles with each zoom level, as the ground does; at least `least`. */
function doubling(atZero: ExpressionSpecification, least = 0): ExpressionSpecification {
  const zoomed = (zoom: number): ExpressionSpecification => [
    "max",
    least,
    ["*", atZero, 2 ** zoom],
  ];
  return ["interpolate", ["exponential", 2], ["zoom"], 0, zoomed(0), 22, zoomed(22)];
}

/** A red ring around people inside a danger zone. */
function insideLayer(source: SourceName, minzoom: number): LayerSpecification {
  return {
    id: `${source}-inside`,
    type: "circle",
    source,
    minzoom,
    filter: ["get", "inside"],
    paint: {
      "circle-radius": 11,
      "circle-opacity": 0,
      "circle-stroke-color": "#e5383b",
      "circle-stroke-width": 2.5,
    },
  };
}

export function addLayers(map: MapLibreMap, theme: Theme, scale: number): void {
  for (const name of SOURCES) {
    map.addSource(name, { type: "geojson", data: EMPTY, promoteId: POINT_ID });
  }
  for (const layer of overlays(theme, scale)) map.addLayer(layer);
}

/** `scale` enlarges icons and texts on a wall of screens, as the panels are enlarged there. */
export function overlays(theme: Theme, scale: number): LayerSpecification[] {
  const paint = ink(theme);
  const label = (size: number) => ({ "text-font": MAP_FONT, "text-size": size * scale }) as const;
  const zoomed = (...stops: [zoom: number, size: number][]): ExpressionSpecification => [
    "interpolate",
    ["linear"],
    ["zoom"],
    ...stops.flatMap(([zoom, size]) => [zoom, size * scale]),
  ];
  const halo = {
    "text-color": paint.text,
    "text-halo-color": paint.textHalo,
    "text-halo-width": 1.6,
  };
  const icons = { "icon-allow-overlap": true, "icon-ignore-placement": true } as const;
  const { within, gap } = AREA_COLOURS[theme];
  const areaColour: ExpressionSpecification = ["case", ["get", "gap"], gap, within];
  return [
    {
      id: "area-fill",
      type: "fill",
      source: "areas",
      paint: {
        "fill-color": areaColour,
        "fill-opacity": ["case", ["get", "gap"], GAP_VEIL, VEIL],
        "fill-antialias": false,
      },
    },
    {
      id: "area-edge",
      type: "line",
      source: "areas",
      layout: { "line-join": "round" },
      paint: { "line-color": areaColour, "line-width": 1.2, "line-opacity": 0.8 },
    },
    {
      id: "area-label",
      type: "symbol",
      source: "areas",
      layout: {
        ...label(11),
        "text-field": ["get", "label"],
        "symbol-placement": "line",
        "symbol-spacing": 400,
      },
      paint: halo,
    },
    {
      id: "zone-fill",
      type: "fill",
      source: "zones",
      filter: ["==", ["get", "form"], "AREA"],
      paint: {
        "fill-pattern": ["get", "hatch"],
        "fill-opacity": ["case", ["get", "sure"], 1, 0.35],
      },
    },
    {
      id: "zone-reach",
      type: "line",
      source: "zones",
      filter: ["all", ["!=", ["get", "form"], "POINT"], [">", ["get", "wide"], 0]],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": ["get", "colour"],
        "line-opacity": 0.2,
        "line-width": doubling(["*", 2, ["get", "wide"]]),
      },
    },
    {
      id: "zone-spot",
      type: "circle",
      source: "zones",
      filter: ["==", ["get", "form"], "POINT"],
      paint: {
        "circle-color": ["get", "colour"],
        "circle-opacity": 0.25,
        "circle-radius": doubling(["get", "wide"], 6),
        "circle-stroke-color": ["get", "colour"],
        "circle-stroke-width": 2,
        "circle-stroke-opacity": ["case", ["get", "sure"], 1, 0.5],
      },
    },
    {
      id: "zone-edge",
      type: "line",
      source: "zones",
      filter: ["all", ["==", ["get", "form"], "AREA"], ["get", "sure"]],
      paint: { "line-color": ["get", "colour"], "line-width": 2 },
    },
    {
      id: "zone-edge-unsure",
      type: "line",
      source: "zones",
      filter: ["all", ["==", ["get", "form"], "AREA"], ["!", ["get", "sure"]]],
      paint: {
        "line-color": ["get", "colour"],
        "line-width": 1.5,
        "line-dasharray": [1, 3],
      },
    },
    {
      id: "closed-road",
      type: "line",
      source: "closures",
      minzoom: 10,
      paint: {
        "line-color": "#d63384",
        // Quiet from afar, where the zone itself says enough; slowed roads are fainter.
        "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.6, 14, 2, 17, 5],
        "line-opacity": [
          "interpolate",
          ["linear"],
          ["zoom"],
          11,
          0.25,
          14,
          ["case", ["==", ["length", ["get", "blocks"]], 0], 0.4, 0.9],
        ],
        "line-dasharray": [2, 1.5],
      },
    },
    {
      id: "zone-road",
      type: "line",
      source: "zones",
      filter: ["==", ["get", "form"], "LINE"],
      paint: {
        "line-color": ["get", "colour"],
        "line-width": 4,
        "line-opacity": ["case", ["get", "sure"], 1, 0.5],
        "line-dasharray": [2, 1.5],
      },
    },
    {
      id: "cell-disc",
      type: "circle",
      source: "cells",
      paint: {
        "circle-radius": [
          "interpolate",
          ["linear"],
          ["sqrt", ["get", "count"]],
          ...[1, 9, 5, 13, 20, 22, 60, 34],
        ],
        "circle-color": "#009e73",
        "circle-opacity": ["interpolate", ["linear"], ["get", "share"], 0, 0.12, 1, 0.55],
        "circle-stroke-color": "#009e73",
        "circle-stroke-width": 1.5,
      },
    },
    {
      id: "cell-count",
      type: "symbol",
      source: "cells",
      layout: {
        ...label(11),
        "text-field": ["to-string", ["get", "available"]],
        "text-allow-overlap": true,
      },
      paint: halo,
    },
    {
      id: "station",
      type: "circle",
      source: "stations",
      minzoom: 9,
      paint: {
        "circle-radius": 5.5,
        "circle-color": "#ffffff",
        "circle-stroke-color": "#6a4c93",
        "circle-stroke-width": 3,
      },
    },
    {
      id: "station-name",
      type: "symbol",
      source: "stations",
      minzoom: 12,
      layout: {
        ...label(11),
        "text-field": ["get", "name"],
        "text-anchor": "top",
        "text-offset": [0, 0.8],
      },
      paint: halo,
    },
    insideLayer("bystanders", PEOPLE_ZOOM),
    {
      id: "bystander",
      type: "symbol",
      source: "bystanders",
      minzoom: PEOPLE_ZOOM,
      layout: {
        ...icons,
        "icon-image": ["get", "icon"],
        "icon-size": zoomed([12, 0.4], [14, 0.7], [16, 0.95]),
      },
      paint: {
        "icon-opacity": ["match", ["get", "status"], ["RESTING", "UNAVAILABLE"], 0.4, 0.8],
      },
    },
    {
      id: "line-going",
      type: "line",
      source: "lines",
      filter: ["!", ["get", "asked"]],
      paint: { "line-color": paint.line, "line-width": 1.8, "line-opacity": 0.85 },
    },
    {
      id: "line-asked",
      type: "line",
      source: "lines",
      filter: ["get", "asked"],
      paint: {
        "line-color": paint.line,
        "line-width": 1.2,
        "line-opacity": 0.6,
        "line-dasharray": [2, 3],
      },
    },
    insideLayer("crew", 0),
    {
      id: "crew",
      type: "symbol",
      source: "crew",
      layout: {
        ...icons,
        "icon-image": ["get", "icon"],
        "icon-size": zoomed([9, 0.7], [14, 1.05]),
      },
      paint: { "icon-opacity": ["case", ["get", "fresh"], 1, 0.5] },
    },
    {
      id: "zone-name",
      type: "symbol",
      source: "zones",
      layout: { ...label(12), "text-field": ["get", "name"] },
      paint: halo,
    },
    {
      id: "incident",
      type: "symbol",
      source: "incidents",
      layout: {
        ...icons,
        "icon-image": ["get", "icon"],
        "icon-size": scale,
        "symbol-sort-key": ["get", "order"],
      },
    },
    {
      id: "incident-title",
      type: "symbol",
      source: "incidents",
      layout: {
        ...label(12.5),
        "text-field": ["get", "title"],
        "text-variable-anchor": ["left", "right", "top", "bottom"],
        "text-radial-offset": 1.9,
        "text-justify": "auto",
        "text-max-width": 14,
        "symbol-sort-key": ["-", 0, ["get", "order"]],
      },
      paint: halo,
    },
    {
      id: "sketch-fill",
      type: "fill",
      source: "sketch",
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": paint.line, "fill-opacity": 0.15 },
    },
    {
      id: "sketch-line",
      type: "line",
      source: "sketch",
      filter: ["==", ["geometry-type"], "LineString"],
      paint: { "line-color": paint.line, "line-width": 2.5 },
    },
    {
      id: "sketch-corner",
      type: "circle",
      source: "sketch",
      filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-radius": 5,
        "circle-color": paint.textHalo,
        "circle-stroke-color": paint.line,
        "circle-stroke-width": 2.5,
      },
    },
    {
      id: "place",
      type: "circle",
      source: "place",
      paint: {
        "circle-radius": 11,
        "circle-color": paint.line,
        "circle-opacity": 0.25,
        "circle-stroke-color": paint.line,
        "circle-stroke-width": 3,
      },
    },
  ];
}
