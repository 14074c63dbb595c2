// The one place where the app meets the map: what goes in and comes out is WGS-84, whatever system
// the layer shown is in. It also exchanges layers under what is drawn above them.

import type { FeatureCollection, GeoJSON, Point } from "geojson";
import type {
  FitBoundsOptions,
  GeoJSONSource,
  LayerSpecification,
  MapLibreMap,
  MapMouseEvent,
} from "maplibre-gl";
import type { Language } from "../shared/i18n";
import type { Theme } from "../shared/theme.svelte";
import type { LonLat, MapLayer } from "../shared/wire";
import { moves, type Shown } from "./moves";
import { moved, movedBounds, WGS84, type Bounds, type Projection } from "./projection";
import { baseOf, type Base } from "./style";

export interface Look {
  theme: Theme;
  lang: Language;
}

export type Points = FeatureCollection<Point, Record<string, unknown>>;

type PaintName = Parameters<MapLibreMap["setPaintProperty"]>[1];

const BLANK: Base = { sources: {}, layers: [] };

/** Tells of a new `layer` and a new `look`. */
export class Surface extends EventTarget {
  readonly map: MapLibreMap;
  #layer: MapLayer;
  #look: Look;
  #base: Base = BLANK;
  #projection: Projection = WGS84;
  /** What was drawn last, in WGS-84, to draw it again on a layer in another system. */
  readonly #drawn = new Map<string, GeoJSON>();
  readonly #points = new Map<string, { points: Points; shown: Shown }>();
  #asked = 0;

  constructor(map: MapLibreMap, layer: MapLayer, look: Look) {
    super();
    this.map = map;
    this.#layer = layer;
    this.#look = look;
  }

  get layer(): MapLayer {
    return this.#layer;
  }

  isBase(source: string): boolean {
    return source in this.#base.sources;
  }

  /** Exchanges the layer under everything; the last one asked for wins. */
  async show(layer: MapLayer): Promise<void> {
    const asked = ++this.#asked;
    const projection = layer.crs === "gcj02" ? (await import("./gcj02")).GCJ02 : WGS84;
    if (asked !== this.#asked) return;
    const centre = this.centre;
    this.#layer = layer;
    this.#exchange(baseOf(layer, this.#look.theme, this.#look.lang, location.origin));
    this.dispatchEvent(new Event("layer"));
    if (projection === this.#projection) return;
    this.#projection = projection;
    this.map.jumpTo({ center: projection.toMap(centre) });
    for (const [name, data] of this.#drawn) this.draw(name, data);
    const points = [...this.#points];
    this.#points.clear();
    for (const [name, last] of points) this.drawPoints(name, last.points);
  }

  /** In place: a new style would draw everything anew and lose what is shown meanwhile. */
  setLook(look: Look): void {
    this.#look = look;
    this.repaint(baseOf(this.#layer, look.theme, look.lang, location.origin).layers);
    this.dispatchEvent(new Event("look"));
  }

  repaint(layers: readonly LayerSpecification[]): void {
    for (const layer of layers) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) {
        this.map.setPaintProperty(layer.id, name as PaintName, value);
      }
      const field = layer.type === "symbol" && layer.layout?.["text-field"];
      if (field) this.map.setLayoutProperty(layer.id, "text-field", field);
    }
  }

  draw(name: string, data: GeoJSON): void {
    this.#drawn.set(name, data);
    this.#source(name)?.setData(moved(data, this.#projection));
  }

  /** Points with an id each: only what changed since the last time is handed to the map. */
  drawPoints(name: string, points: Points): void {
    const before = this.#points.get(name)?.shown;
    const { shown, diff } = moves(before, points, this.#projection);
    this.#points.set(name, { points, shown });
    const source = this.#source(name);
    if (!diff) source?.setData(moved(points, this.#projection));
    else if (diff !== "same") source?.updateData(diff);
  }

  get centre(): LonLat {
    const { lng, lat } = this.map.getCenter();
    return this.#projection.toWgs84([lng, lat]);
  }

  get bounds(): Bounds {
    const b = this.map.getBounds();
    const shown: Bounds = [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()];
    return movedBounds(shown, this.#projection.toWgs84);
  }

  placeOf(event: MapMouseEvent): LonLat {
    return this.#projection.toWgs84([event.lngLat.lng, event.lngLat.lat]);
  }

  easeTo(centre: LonLat, zoom: number): void {
    this.map.easeTo({ center: this.#projection.toMap(centre), zoom });
  }

  jumpTo(centre: LonLat, zoom: number): void {
    this.map.jumpTo({ center: this.#projection.toMap(centre), zoom });
  }

  fitBounds(bounds: Bounds, options: FitBoundsOptions): void {
    this.map.fitBounds(movedBounds(bounds, this.#projection.toMap), options);
  }

  #source(name: string): GeoJSONSource | undefined {
    return this.map.getSource<GeoJSONSource>(name);
  }

  #exchange(base: Base): void {
    const { map } = this;
    for (const { id } of this.#base.layers) map.removeLayer(id);
    for (const name of Object.keys(this.#base.sources)) map.removeSource(name);
    const above = map.getLayersOrder()[0];
    for (const [name, source] of Object.entries(base.sources)) map.addSource(name, source);
    for (const layer of base.layers) map.addLayer(layer, above);
    this.#base = base;
  }
}
