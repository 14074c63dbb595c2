// The map's controller: keeps the sources equal to the state and turns clicks into selections.

import type { GeoJSON } from "geojson";
import type { MapLibreMap, MapMouseEvent } from "maplibre-gl";
import { serverNow } from "../shared/clock.svelte";
import { Failure, get } from "../shared/http";
import { boundsOf } from "../shared/geo";
import { lang } from "../shared/lang.svelte";
import type { Id, LonLat, Station, VolunteersHere } from "../shared/wire";
import { drawImagesOnDemand } from "../map/images";
import type { Look, Surface } from "../map/surface";
import { app } from "./app.svelte";
import { addCorner, finishDrawing } from "./drawing";
import {
  bystanderFeatures,
  cellFeatures,
  crewFeatures,
  incidentFeatures,
  sketchFeatures,
  stationFeatures,
  zoneFeatures,
} from "./features";
import { addLayers, overlays, type SourceName } from "./layers";

/** Volunteers around are asked for at most this often while things change. */
const REFRESH_MS = 5_000;
/** How closely a selected incident is looked at. */
const SELECT_ZOOM = 13;

export class MapController {
  readonly #surface: Surface;
  readonly #map: MapLibreMap;
  #here = $state.raw<VolunteersHere>({ cells: [], people: [] });
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  #lastFetch = 0;
  #closuresOf = " 0";
  /** Zones begin and end by themselves; looking once a minute is enough. */
  readonly #minute = $derived(Math.floor(serverNow() / 60_000) * 60_000);

  constructor(surface: Surface, look: Look) {
    this.#surface = surface;
    this.#map = surface.map;
    drawImagesOnDemand(this.#map);
    addLayers(this.#map, look.theme, this.#scale);
    this.#listen();
    this.#moved();
  }

  setLook(look: Look): void {
    this.#surface.setLook(look);
    this.#surface.repaint(overlays(look.theme, this.#scale));
  }

  // State -> sources; each is called from an effect and reads only what it draws.

  drawIncidents(): void {
    this.#set("incidents", incidentFeatures(app.items, app.selected?.incident.id ?? null));
  }

  drawZones(): void {
    const zones = app.view.all("zone");
    this.#set("zones", zoneFeatures(zones, this.#minute));
    const active = zones.filter((zone) => zone.status === "ACTIVE").map((zone) => zone.id);
    void this.#fetchClosures(`${active.join()} ${active.length > 0 ? this.#minute : 0}`);
  }

  /** Which roads are closed only the server knows; it is asked when the zones have changed. */
  async #fetchClosures(state: string): Promise<void> {
    if (state === this.#closuresOf) return;
    this.#closuresOf = state;
    try {
      const closures = await get<GeoJSON>("/api/command/closures");
      if (state === this.#closuresOf) this.#set("closures", closures);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#closuresOf = "";
    }
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
    this.#surface.drawPoints("crew", crew.people);
    this.#set("lines", crew.lines);
    this.#surface.drawPoints("bystanders", bystanderFeatures(this.#here, crew.drawn));
    this.#set("cells", cellFeatures(this.#here));
  }

  drawStations(): void {
    void app.stationsRead;
    const language = lang();
    get<{ stations: Station[] }>("/api/command/stations").then(
      ({ stations }) => this.#set("stations", stationFeatures(stations, language)),
      // The map is of use without them; a reload asks again.
      (error: unknown) => {
        if (!(error instanceof Failure)) throw error;
      },
    );
  }

  drawAreas(): void {
    this.#set("areas", app.areas);
  }

  drawSketch(): void {
    this.#set(
      "sketch",
      sketchFeatures(app.corners, app.form?.kind === "zone" && app.zoneForm === "AREA"),
    );
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
      this.#surface.easeTo([w, s], Math.max(this.#map.getZoom(), SELECT_ZOOM));
    } else {
      this.#surface.fitBounds(bounds, { padding: 60, maxZoom: 15 });
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

  #set(name: SourceName, data: GeoJSON): void {
    this.#surface.draw(name, data);
  }

  #moved(): void {
    app.centre = rounded(this.#surface.centre);
    app.box = this.#surface.bounds;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetchHere(), 200);
  }

  async #fetchHere(): Promise<void> {
    this.#timer = undefined;
    this.#lastFetch = Date.now();
    const [w, s, e, n] = this.#surface.bounds;
    const box = {
      west: round(Math.max(-180, w)),
      south: round(Math.max(-90, s)),
      east: round(Math.min(180, e)),
      north: round(Math.min(90, n)),
    };
    app.lookAt(box);
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
    const at = rounded(this.#surface.placeOf(event));
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
      this.#surface.easeTo(this.#surface.placeOf(event), this.#map.getZoom() + 2);
    }
  }
}

/** Five decimals are about one metre; more would only look exact. */
const round = (degrees: number): number => Math.round(degrees * 1e5) / 1e5;
const rounded = ([lon, lat]: LonLat): LonLat => [round(lon), round(lat)];
