import { validateStyleMin, type StyleSpecification } from "@maplibre/maplibre-gl-style-spec";
import { describe, expect, it } from "vitest";
import { overlays } from "../src/command/layers";
import { baseOf } from "../src/map/style";
import type { MapLayer } from "../src/shared/wire";

const layer = (some: Partial<MapLayer>): MapLayer => ({
  id: "one",
  names: { zh: "图", en: "Map" },
  kind: "roads",
  tiles: [],
  crs: "wgs84",
  attribution: "© A & <b>",
  min_zoom: 0,
  max_zoom: 18,
  ...some,
});
const tiles = [
  ["https://a.org/{z}/{x}/{y}", "https://b.org/{z}/{x}/{y}"],
  ["https://c.org/{z}/{x}/{y}"],
];
const KINDS = [
  layer({ kind: "roads" }),
  layer({ kind: "pmtiles" }),
  layer({ kind: "xyz", tiles, max_zoom: 17 }),
];
const THEMES = ["dark", "light"] as const;
const base = (of: MapLayer, theme: (typeof THEMES)[number] = "dark", lang: "zh" | "en" = "zh") =>
  baseOf(of, theme, lang, "http://here");

describe.each(KINDS)("the style of $kind", (of) => {
  it.each(THEMES)("is valid in the %s theme", (theme) => {
    const style: StyleSpecification = { version: 8, ...base(of, theme) };
    // Text without a glyph server is MapLibre's, not the specification's: fonts of the device.
    expect(validateStyleMin({ ...style, glyphs: "http://x/{fontstack}/{range}" })).toEqual([]);
  });

  it("has the same layers in both themes, so that a theme is only paint", () => {
    const [dark, light] = THEMES.map((theme) =>
      [...base(of, theme).layers, ...overlays(theme, 1)].map(({ id, paint }) => [
        id,
        Object.keys(paint ?? {}),
      ]),
    );
    expect(dark).toEqual(light);
    const ids = dark!.map(([id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("credits its source as text", () => {
    const text = JSON.stringify(base(of).sources);
    expect(text).toContain("© A &#38; &#60;b&#62;");
    expect(text).not.toContain("<b>");
  });
});

describe("what is loaded", () => {
  it("comes from this host for roads and tile files", () => {
    for (const of of KINDS.slice(0, 2)) {
      const text = JSON.stringify(base(of));
      expect(text.match(/https?:\/\/[a-z]+/g)).toEqual(["http://here"]);
    }
  });

  it("comes from the hosts named for pictures, the lower layer first", () => {
    const { sources, layers } = base(KINDS[2]!);
    expect(layers.map(({ id }) => id)).toEqual(["ground", "pictures-0", "pictures-1"]);
    expect(sources["pictures-0"]).toMatchObject({ tiles: tiles[0], maxzoom: 17 });
    expect(sources["pictures-1"]).toMatchObject({ tiles: tiles[1] });
  });
});

describe("names", () => {
  it("are in the language shown, else as on the signs", () => {
    for (const lang of ["zh", "en"] as const) {
      const text = JSON.stringify(base(KINDS[1]!, "dark", lang));
      expect(text).toContain(`["coalesce",["get","name_${lang}"],["get","name"]]`);
    }
  });
});
