// The map's controller: keeps the sources equal to the state and turns clicks into selections.

import type { GeoJSONSource, MapLibreMap, MapMouseEvent } from "maplibre-gl";
import { Failure, get } from "../shared/http";
import { boundsOf } from "../shared/geo";
import type { Id, LonLat, VolunteersHere } from "../shared/wire";
import { drawImagesOnDemand } from "../map/images";
import { basemap } from "../map/style";
import type { Theme } from "../shared/theme.svelte";
import { app } from "./app.svelte";
import { addCorner, finishDrawing } from "./drawing";
import {
  bystanderFeatures,
  cellFeatures,
  crewFeatures,
  incidentFeatures,
  sketchFeatures,
  zoneFeatures,
} from "./features";
import { addLayers, overlays, type SourceName } from "./layers";

/** Volunteers around are asked for at most this often while things change. */
const REFRESH_MS = 5_000;
/** How closely a selected incident is looked at. */
const SELECT_ZOOM = 13;

type PaintName = Parameters<MapLibreMap["setPaintProperty"]>[1];
type Data = Parameters<GeoJSONSource["setData"]>[0];

export class MapController {
  readonly #map: MapLibreMap;
  readonly #roads: string;
  #here = $state.raw<VolunteersHere>({ cells: [], people: [] });
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  #lastFetch = 0;
  #theme: Theme;

  constructor(map: MapLibreMap, theme: Theme, roads: string) {
    this.#map = map;
    this.#theme = theme;
    this.#roads = roads;
    drawImagesOnDemand(map);
    addLayers(map, theme, this.#scale);
    this.#listen();
    this.#moved();
  }

  /** In place: a new style would draw everything anew and lose what is shown meanwhile. */
  setTheme(theme: Theme): void {
    if (theme === this.#theme) return;
    this.#theme = theme;
    for (const layer of [...basemap(theme, this.#roads).layers, ...overlays(theme, this.#scale)]) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) {
        this.#map.setPaintProperty(layer.id, name as PaintName, value);
      }
    }
  }

  // State -> sources; each is called from an effect and reads only what it draws.

  drawIncidents(): void {
    this.#set("incidents", incidentFeatures(app.items, app.selected?.incident.id ?? null));
  }

  drawZones(): void {
    this.#set("zones", zoneFeatures(app.view.all("zone")));
  }

  drawPeople(): void {
    const sites = new Map<Id, LonLat>(
      app.view.all("need").map((need) => [need.id, [need.site.lon, need.site.lat]]),
    );
    const crew = crewFeatures({
      assignments: app.view.all("assignment"),
      offers: app.view.all("offer"),
      sites,
      positions: app.positions,
      selected: app.selected?.incident.id ?? null,
      nowMs: Date.now(),
    });
    this.#set("crew", crew.people);
    this.#set("lines", crew.lines);
    this.#set("bystanders", bystanderFeatures(this.#here, crew.drawn));
    this.#set("cells", cellFeatures(this.#here));
  }

  drawSketch(): void {
    this.#set("sketch", sketchFeatures(app.corners, app.form?.kind === "zone"));
    const place = app.mode === "place" ? (app.place ?? app.centre) : null;
    this.#set("place", sketchFeatures(place ? [place] : [], false));
    const drawing = app.mode !== "none";
    this.#map.getCanvas().style.cursor = drawing ? "crosshair" : "";
    if (drawing) this.#map.doubleClickZoom.disable();
    else this.#map.doubleClickZoom.enable();
  }

  fly(points: readonly LonLat[]): void {
    const bounds = boundsOf(points);
    if (!bounds) return;
    const [w, s, e, n] = bounds;
    if (w === e && s === n) {
      this.#map.easeTo({ center: [w, s], zoom: Math.max(this.#map.getZoom(), SELECT_ZOOM) });
    } else {
      this.#map.fitBounds(bounds, { padding: 60, maxZoom: 15 });
    }
  }

  zoom(step: 1 | -1): void {
    this.#map.easeTo({ zoom: this.#map.getZoom() + step });
  }

  /** Something changed in the room: the people around may have another status. */
  touched(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#lastFetch + REFRESH_MS - Date.now());
    this.#timer = setTimeout(() => void this.#fetchHere(), wait);
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#map.remove();
  }

  #set(name: SourceName, data: Data): void {
    this.#map.getSource<GeoJSONSource>(name)?.setData(data);
  }

  #moved(): void {
    const { lng, lat } = this.#map.getCenter();
    app.centre = [round(lng), round(lat)];
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetchHere(), 200);
  }

  async #fetchHere(): Promise<void> {
    this.#timer = undefined;
    this.#lastFetch = Date.now();
    const b = this.#map.getBounds();
    const box = {
      west: round(Math.max(-180, b.getWest())),
      south: round(Math.max(-90, b.getSouth())),
      east: round(Math.min(180, b.getEast())),
      north: round(Math.min(90, b.getNorth())),
    };
    app.look(box);
    // The server decides by whole zoom levels, as the layers do.
    const zoom = Math.floor(this.#map.getZoom());
    const query = new URLSearchParams(
      Object.entries({ ...box, zoom }).map(([name, value]) => [name, String(value)]),
    );
    try {
      this.#here = await get<VolunteersHere>(`/api/command/volunteers?${query}`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // The connection state in the top bar already tells; what is drawn stays.
    }
  }

  #listen(): void {
    const map = this.#map;
    map.on("moveend", () => this.#moved());
    map.on("click", (event) => this.#clicked(event));
    map.on("dblclick", () => finishDrawing());
    for (const layer of ["incident", "bystander", "crew", "cell-disc"]) {
      map.on("mouseenter", layer, () => {
        if (app.mode === "none") map.getCanvas().style.cursor = "pointer";
      });
      map.on("mouseleave", layer, () => {
        if (app.mode === "none") map.getCanvas().style.cursor = "";
      });
    }
  }

  #clicked(event: MapMouseEvent): void {
    const at: LonLat = [round(event.lngLat.lng), round(event.lngLat.lat)];
    if (app.mode === "place") {
      app.place = at;
    } else if (app.mode !== "none") {
      addCorner(at);
    } else {
      this.#pick(event);
    }
  }

  #pick(event: MapMouseEvent): void {
    const { x, y } = event.point;
    // A finger or a shaking hand is allowed to miss by a few pixels.
    const box: [[number, number], [number, number]] = [
      [x - 4, y - 4],
      [x + 4, y + 4],
    ];
    const layers = ["incident", "crew", "bystander", "cell-disc"];
    const found = this.#map.queryRenderedFeatures(box, { layers });
    const of = (layer: string) => found.find((feature) => feature.layer.id === layer);
    const incident = of("incident");
    const person = of("crew") ?? of("bystander");
    if (incident) app.select(Number(incident.properties["number"]), false);
    else if (person) app.showPerson(Number(person.properties["volunteer"]));
    else if (of("cell-disc")) {
      this.#map.easeTo({
        center: event.lngLat,
        zoom: this.#map.getZoom() + 2,
      });
    }
  }
}

/** Five decimals are about one metre; more would only look exact. */
const round = (degrees: number): number => Math.round(degrees * 1e5) / 1e5;
