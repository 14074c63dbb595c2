// Makes a MapLibre map. This module and everything it imports is its own chunk: pages load it with
// a dynamic import, the phone only when the person asks for the map.

import "maplibre-gl/dist/maplibre-gl.css";
import {
  AttributionControl,
  MapLibreMap,
  ScaleControl,
  setWorkerUrl,
  type GeoJSONSource,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Theme } from "../shared/theme.svelte";
import type { Meta } from "../shared/wire";
import { basemap } from "./style";

setWorkerUrl(workerUrl);

const NARROW_PX = 500;

export interface MapSetup {
  container: HTMLElement;
  meta: Meta;
  theme: Theme;
  /** What the map is, for who cannot see it. */
  label: string;
  onRoadsFailed?: () => void;
}

/** Resolves when the basemap is drawn once, be it without roads that could not be loaded. */
export async function createMap(setup: MapSetup): Promise<MapLibreMap> {
  const { container, meta, theme } = setup;
  const map = new MapLibreMap({
    container,
    style: basemap(theme, roadsUrl()),
    center: meta.map.center,
    zoom: meta.map.zoom,
    maxBounds: padded(meta.map.bounds),
    maxZoom: 19,
    dragRotate: false,
    pitchWithRotate: false,
    attributionControl: false,
    localIdeographFontFamily: false,
    locale: { "Map.Title": setup.label },
    reduceMotion: matchMedia("(prefers-reduced-motion: reduce)").matches,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(
    new AttributionControl({ compact: false, customAttribution: escapeHtml(meta.map.attribution) }),
    "bottom-right",
  );
  // On a phone the attribution takes the whole lower edge.
  const corner = container.clientWidth < NARROW_PX ? "top-left" : "bottom-left";
  map.addControl(new ScaleControl({ unit: "metric", maxWidth: 120 }), corner);
  let withoutRoads = false;
  map.on("error", (event) => {
    console.error(event.error);
    // Errors of a source carry its name; the event's type does not say so.
    const { sourceId } = event as { sourceId?: string };
    if (withoutRoads || sourceId !== "roads") return;
    // A map that waits for roads that do not come would never show what is drawn above them.
    withoutRoads = true;
    map.getSource<GeoJSONSource>("roads")?.setData({ type: "FeatureCollection", features: [] });
    setup.onRoadsFailed?.();
  });
  await new Promise<void>((done) => map.once("load", () => done()));
  fillLargeScreen(map, meta);
  return map;
}

/** The area's own zoom suits a desk; a wall of screens has room to come closer. */
function fillLargeScreen(map: MapLibreMap, { map: { bounds, zoom } }: Meta): void {
  const camera = map.cameraForBounds(bounds);
  if (camera?.zoom !== undefined && camera.zoom > zoom) map.jumpTo(camera);
}

export const roadsUrl = (): string => new URL("/api/map/roads.geojson", location.href).href;

/** Room around the area, so that its edge can be brought to the middle of the screen. */
function padded([w, s, e, n]: Meta["map"]["bounds"]): [number, number, number, number] {
  const dx = Math.max(0.2, e - w);
  const dy = Math.max(0.2, n - s);
  return [
    Math.max(-180, w - dx),
    Math.max(-85, s - dy),
    Math.min(180, e + dx),
    Math.min(85, n + dy),
  ];
}

/** The attribution control takes HTML; what the server sends is text. */
function escapeHtml(text: string): string {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML;
}
