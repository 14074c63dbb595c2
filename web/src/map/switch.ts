// Chooses the layer under everything; each browser remembers its choice.

import type { IControl } from "maplibre-gl";
import { named } from "../shared/lang.svelte";
import type { MapLayer } from "../shared/wire";
import type { Surface } from "./surface";

const KEY = "dispatch.layer";

/** The layer this browser chose last, while it still exists; else the first. */
export function chosenLayer(layers: readonly MapLayer[]): MapLayer {
  let id: string | null = null;
  try {
    id = localStorage.getItem(KEY);
  } catch {
    // Storage forbidden: the first one it is.
  }
  const [first] = layers;
  if (!first) throw new Error("the server names no map layer");
  return layers.find((layer) => layer.id === id) ?? first;
}

function remember(layer: MapLayer): void {
  try {
    localStorage.setItem(KEY, layer.id);
  } catch {
    // See above.
  }
}

/** A plain list box: the keyboard and screen readers know it already. */
export class LayerSwitch implements IControl {
  readonly #surface: Surface;
  readonly #layers: readonly MapLayer[];
  readonly #select = document.createElement("select");

  constructor(surface: Surface, layers: readonly MapLayer[], label: string) {
    this.#surface = surface;
    this.#layers = layers;
    const select = this.#select;
    select.setAttribute("aria-label", label);
    select.title = label;
    select.dataset["testid"] = "map-layer";
    for (const layer of layers) select.add(new Option("", layer.id));
    select.value = surface.layer.id;
    select.addEventListener("change", () => void this.#choose());
    surface.addEventListener("look", () => this.#rename());
    this.#rename();
  }

  /** In the language now shown. */
  #rename(): void {
    this.#layers.forEach((layer, i) => {
      this.#select.options[i]!.text = named(layer.names, layer.id);
    });
  }

  onAdd(): HTMLElement {
    const box = document.createElement("div");
    box.className = "maplibregl-ctrl layer-switch";
    box.append(this.#select);
    return box;
  }

  onRemove(): void {
    this.#select.parentElement?.remove();
  }

  async #choose(): Promise<void> {
    const layer = this.#layers.find(({ id }) => id === this.#select.value);
    if (!layer) return;
    remember(layer);
    await this.#surface.show(layer);
  }
}
