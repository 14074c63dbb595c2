// The operational layers above the basemap, from the ground up: zones, people, lines, incidents.

import type { Feature } from "geojson";
import type { ExpressionSpecification, LayerSpecification, MapLibreMap } from "maplibre-gl";
import type { Theme } from "../shared/theme.svelte";
import { ink, MAP_FONT } from "../map/style";

const SOURCES = [
  "zones",
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

export function addLayers(map: MapLibreMap, theme: Theme, scale: number): void {
  for (const name of SOURCES) map.addSource(name, { type: "geojson", data: EMPTY });
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
  return [
    {
      id: "zone-fill",
      type: "fill",
      source: "zones",
      paint: { "fill-pattern": ["get", "hatch"] },
    },
    {
      id: "zone-edge",
      type: "line",
      source: "zones",
      paint: { "line-color": ["get", "colour"], "line-width": 2 },
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
