import { describe, expect, it } from "vitest";
import type { GeoJSON } from "geojson";
import table from "../../tests/data/gcoord.json";
import { GCJ02, inMainland } from "../src/map/gcj02";
import { moved, movedBounds, WGS84 } from "../src/map/projection";
import type { LonLat } from "../src/shared/wire";

const near = (found: readonly number[], wanted: readonly number[], deg = 2e-9) => {
  expect(Math.abs(found[0]! - wanted[0]!)).toBeLessThan(deg);
  expect(Math.abs(found[1]! - wanted[1]!)).toBeLessThan(deg);
};

const ZHENGZHOU: LonLat = [113.656079, 34.758866];
const THERE: LonLat = [113.66216745, 34.757742117];

describe("GCJ-02", () => {
  it("agrees with gcoord in both directions", () => {
    for (const [wgs84, gcj02] of table.rows as [LonLat, LonLat, LonLat][]) {
      near(GCJ02.toMap(wgs84), gcj02);
      near(GCJ02.toWgs84(gcj02), wgs84, 1e-8);
    }
  });

  it.each<[string, LonLat, boolean]>([
    ["Tokyo", [139.6917, 35.6895], false],
    ["Seoul", [126.978, 37.5665], false],
    ["Ulaanbaatar", [106.9057, 47.8864], false],
    ["Hong Kong", [114.1694, 22.3193], false],
    ["Macau", [113.5439, 22.1987], false],
    ["Taipei", [121.5654, 25.033], false],
    ["Kinmen", [118.32, 24.43], false],
    ["Hanoi", [105.8342, 21.0278], false],
    ["Porto", [-8.61, 41.15], false],
    ["Shenzhen", [114.06, 22.53], true],
    ["Zhuhai", [113.549, 22.225], true],
    ["Sanya", [109.5, 18.25], true],
    ["Dandong", [124.38, 40.13], true],
    ["Urumqi", [87.6, 43.8], true],
  ])("%s: in the mainland or not", (_, at, inside) => {
    expect(inMainland(at)).toBe(inside);
    if (inside) expect(GCJ02.toMap(at)).not.toEqual(at);
    else {
      expect(GCJ02.toMap(at)).toEqual(at);
      expect(GCJ02.toWgs84(at)).toEqual(at);
    }
  });

  it("decides a point near the outline by itself, whatever was asked in its square before", () => {
    // Shenzhen and Hong Kong share squares of the grid.
    expect(inMainland([114.06, 22.53])).toBe(true);
    expect(inMainland([114.128, 22.501])).toBe(false);
    expect(inMainland([114.118, 22.545])).toBe(true);
  });
});

describe("what is drawn", () => {
  const every: GeoJSON = {
    type: "FeatureCollection",
    features: [
      {
        type: "Feature",
        properties: { n: 1 },
        geometry: { type: "Point", coordinates: ZHENGZHOU },
      },
      {
        type: "Feature",
        properties: {},
        geometry: { type: "MultiPolygon", coordinates: [[[ZHENGZHOU, [0, 0], [...ZHENGZHOU, 7]]]] },
      },
      {
        type: "Feature",
        properties: {},
        geometry: {
          type: "GeometryCollection",
          geometries: [{ type: "LineString", coordinates: [ZHENGZHOU, [0, 1]] }],
        },
      },
    ],
  };

  it("moves to where the layer has it, whatever its form", () => {
    const text = JSON.stringify(moved(every, GCJ02));
    const [lon, lat] = GCJ02.toMap(ZHENGZHOU);
    expect(text).not.toContain(String(ZHENGZHOU[0]));
    expect(text.split(`[${lon},${lat}`)).toHaveLength(5);
    expect(text).toContain(`[${lon},${lat},7]`);
    expect(text).toContain("[0,0]");
    expect(text).toContain('"n":1');
    expect(JSON.stringify(every)).toContain(String(ZHENGZHOU[0]));
  });

  it("stays what it is on a layer in WGS-84", () => {
    expect(moved(every, WGS84)).toBe(every);
  });

  it("moves the edges of a view there and back", () => {
    const shown = movedBounds([113.6, 34.7, 113.7, 34.8], GCJ02.toMap);
    expect(shown[0]).toBeGreaterThan(113.605);
    const back = movedBounds(shown, GCJ02.toWgs84);
    near([back[0], back[1]], [113.6, 34.7], 5e-4);
    near([back[2], back[3]], [113.7, 34.8], 5e-4);
    expect(back[0]).toBeLessThanOrEqual(113.6 + 1e-9);
  });

  it("is the measured half kilometre at Zhengzhou", () => near(GCJ02.toMap(ZHENGZHOU), THERE));
});
