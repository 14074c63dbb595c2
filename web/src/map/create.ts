// Makes a MapLibre map. This module and everything it imports is its own chunk: pages load it with
// a dynamic import, the phone only when the person asks for the map.

import "maplibre-gl/dist/maplibre-gl.css";
import {
  addProtocol,
  AttributionControl,
  MapLibreMap,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { Protocol } from "pmtiles";
import type { Meta } from "../shared/wire";
import { chosenLayer, LayerSwitch } from "./switch";
import { Surface, type Look } from "./surface";

setWorkerUrl(workerUrl);
addProtocol("pmtiles", new Protocol().tile);

const NARROW_PX = 500;

export interface MapSetup {
  container: HTMLElement;
  meta: Meta;
  look: Look;
  /** What the map is, for who cannot see it. */
  label: string;
  /** What choosing a layer is called. */
  layersLabel: string;
  /** Whether the layer under the operations can be loaded. */
  onBase?: (works: boolean) => void;
}

/** Resolves when there is something to draw on; what is under it may come later, or never. */
export async function createMap(setup: MapSetup): Promise<Surface> {
  const { container, meta, look } = setup;
  const map = new MapLibreMap({
    container,
    style: { version: 8, sources: {}, layers: [] },
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
  map.addControl(new AttributionControl({ compact: false }), "bottom-right");
  // On a phone the attribution takes the whole lower edge.
  const corner = container.clientWidth < NARROW_PX ? "top-left" : "bottom-left";
  map.addControl(new ScaleControl({ unit: "metric", maxWidth: 120 }), corner);
  const surface = new Surface(map, chosenLayer(meta.map.layers), look);
  if (meta.map.layers.length > 1) {
    const choice = new LayerSwitch(surface, meta.map.layers, setup.layersLabel);
    map.addControl(choice, "top-left");
  }
  tellOfFailures(surface, setup);
  await new Promise<void>((done) => map.once("style.load", () => done()));
  await surface.show(surface.layer);
  fillLargeScreen(map, meta);
  return surface;
}

function tellOfFailures(surface: Surface, { onBase }: MapSetup): void {
  surface.addEventListener("layer", () => onBase?.(true));
  surface.map.on("error", (event) => {
    console.error(event.error);
    // Errors of a source carry its name; the event's type does not say so.
    const { sourceId } = event as { sourceId?: string };
    if (sourceId !== undefined && surface.isBase(sourceId)) onBase?.(false);
  });
}

/** The area's own zoom suits a desk; a wall of screens has room to come closer. */
function fillLargeScreen(map: MapLibreMap, { map: { bounds, zoom } }: Meta): void {
  const camera = map.cameraForBounds(bounds);
  if (camera?.zoom !== undefined && camera.zoom > zoom) map.jumpTo(camera);
}

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
