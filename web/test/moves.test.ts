import { describe, expect, it } from "vitest";
import { moves } from "../src/map/moves";
import { WGS84 } from "../src/map/projection";
import type { Points } from "../src/map/surface";

type Some = [id: number | null, lon: number, lat: number, more?: Record<string, unknown>];
const points = (...some: Some[]): Points => ({
  type: "FeatureCollection",
  features: some.map(([volunteer, lon, lat, more]) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [lon, lat] },
    properties: { ...(volunteer === null ? {} : { volunteer }), ...more },
  })),
});
const before = moves(undefined, points([1, 0, 0], [2, 1, 1, { icon: "a" }], [3, 2, 2]), WGS84);

describe("moving points", () => {
  it("are all drawn the first time", () => {
    expect(before.diff).toBeUndefined();
    expect([...before.shown.keys()]).toEqual([1, 2, 3]);
  });

  it("are told apart: moved, changed, come and gone", () => {
    const now = points([1, 0, 0.5], [2, 1, 1, { icon: "b" }], [4, 3, 3]);
    const { diff, shown } = moves(before.shown, now, WGS84);
    expect(diff).toEqual({
      update: [
        { id: 1, newGeometry: { type: "Point", coordinates: [0, 0.5] } },
        { id: 2, addOrUpdateProperties: [{ key: "icon", value: "b" }] },
      ],
      add: [now.features[2]],
      remove: [3],
    });
    expect([...shown.keys()]).toEqual([1, 2, 4]);
  });

  it("cost nothing while nothing changes", () => {
    const same = points([1, 0, 0], [2, 1, 1, { icon: "a" }], [3, 2, 2]);
    expect(moves(before.shown, same, WGS84).diff).toBe("same");
  });

  it("are drawn where the layer has them", () => {
    const east = {
      toMap: ([x, y]: [number, number]): [number, number] => [x + 10, y],
      toWgs84: WGS84.toWgs84,
    };
    const { diff } = moves(
      before.shown,
      points([1, 5, 0], [2, 1, 1, { icon: "a" }], [3, 2, 2]),
      east,
    );
    expect(diff).toMatchObject({ update: [{ id: 1, newGeometry: { coordinates: [15, 0] } }] });
  });

  it.each<[string, Some[]]>([
    [
      "one has no id",
      [
        [1, 0, 0],
        [null, 1, 1],
      ],
    ],
    [
      "two share an id",
      [
        [1, 0, 0],
        [1, 1, 1],
      ],
    ],
  ])("are drawn anew when %s", (_, some) => {
    expect(moves(before.shown, points(...some), WGS84).diff).toBeUndefined();
  });
});
