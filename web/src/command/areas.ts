// Areas on the map that tell how soon people are there. Pure; also what the panels' legend shows.

import type { Feature, FeatureCollection, MultiPolygon } from "geojson";
import type { Theme } from "../shared/theme.svelte";

/** Where somebody is within so many minutes, or where nobody is. */
export interface Area {
  minutes: number;
  gap: boolean;
  polygons: MultiPolygon["coordinates"];
  label: string;
}

export const NO_AREAS: FeatureCollection = { type: "FeatureCollection", features: [] };

/** How much one area hides of what lies under it; areas of fewer minutes lie on those of more. */
export const VEIL = 0.16;
export const GAP_VEIL = 0.4;

/** Blue and vermilion of Okabe and Ito, lighter in the dark: apart for every kind of eye. */
export const AREA_COLOURS: Record<Theme, { within: string; gap: string }> = {
  light: { within: "#0072b2", gap: "#d55e00" },
  dark: { within: "#56b4e9", gap: "#ff8c42" },
};

/** How much hides what lies under `layers` veils, one on the other. */
export const veiled = (layers: number): number => 1 - (1 - VEIL) ** layers;

/** The widest first, so that the soonest lie on top, and what is missing last. */
export function areaFeatures(areas: readonly Area[]): FeatureCollection {
  const features = [...areas]
    .filter((area) => area.polygons.length > 0)
    .sort((a, b) => Number(a.gap) - Number(b.gap) || b.minutes - a.minutes)
    .map(({ minutes, gap, label, polygons }): Feature => ({
      type: "Feature",
      properties: { minutes, gap, label },
      geometry: { type: "MultiPolygon", coordinates: polygons },
    }));
  return { type: "FeatureCollection", features };
}
