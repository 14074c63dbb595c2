import { describe, expect, it } from "vitest";
import { areaFeatures, veiled, VEIL, type Area } from "../src/command/areas";
import { commandFor } from "../src/command/keys";
import { coveragePath, reachPath, share } from "../src/command/reach/ask";

const square: Area["polygons"] = [
  [
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 0],
    ],
  ],
];
const area = (minutes: number, gap = false, polygons = square): Area => ({
  minutes,
  gap,
  polygons,
  label: `${minutes} min`,
});

describe("areas", () => {
  it("draws the widest first and what is missing on top", () => {
    const drawn = areaFeatures([area(5), area(20, true), area(20), area(10)]).features;
    expect(drawn.map((f) => [f.properties?.["minutes"], f.properties?.["gap"]])).toEqual([
      [20, false],
      [10, false],
      [5, false],
      [20, true],
    ]);
  });

  it("leaves out what has no ground", () => {
    expect(areaFeatures([area(5, false, []), area(10)]).features).toHaveLength(1);
  });

  it("shows in the legend what lies on the map: veil upon veil", () => {
    expect(veiled(0)).toBe(0);
    expect(veiled(1)).toBeCloseTo(VEIL);
    expect(veiled(3)).toBeGreaterThan(veiled(2));
    expect(veiled(3)).toBeCloseTo(1 - (1 - VEIL) ** 3);
  });
});

describe("questions", () => {
  const whom = { skill: "MED-1", level: 2, hazard: "H2" } as const;

  it("asks about a place for a skill", () => {
    const path = reachPath({ place: [-71.25, -29.9], mode: "foot", need: null, ...whom });
    expect(path).toBe(
      "/api/command/reach?lon=-71.25000&lat=-29.90000&mode=foot&skill=MED-1&level=2&hazard=H2",
    );
  });

  it("lets a need say what it asks for", () => {
    const path = reachPath({ place: [1, 2], mode: "car", need: "n1", ...whom });
    expect(path).toBe("/api/command/reach?lon=1.00000&lat=2.00000&mode=car&need_id=n1");
  });

  it("asks for anybody without a level", () => {
    const path = reachPath({ place: [1, 2], mode: "car", need: null, ...whom, skill: "" });
    expect(path).toBe("/api/command/reach?lon=1.00000&lat=2.00000&mode=car&hazard=H2");
  });

  it("asks about the view, which may be wider than the world", () => {
    const query = { box: [-190, -5, 200, 95] as const, region: "", minutes: 20, tasked: false };
    expect(coveragePath({ ...query, ...whom })).toBe(
      "/api/command/coverage?west=-180.00000&south=-5.00000&east=180.00000&north=90.00000" +
        "&skill=MED-1&level=2&hazard=H2&minutes=20",
    );
    const more = coveragePath({ ...query, ...whom, region: "041", tasked: true });
    expect(more).toContain("&region=041&minutes=20&tasked=true");
  });

  it("knows shares of nothing", () => {
    expect(share(1, 4)).toBe(0.25);
    expect(share(0, 0)).toBe(0);
  });

  it("has keys of its own", () => {
    const press = { ctrlKey: false, metaKey: false, altKey: false, typing: false };
    expect(commandFor({ ...press, key: "r" })).toBe("reach");
    expect(commandFor({ ...press, key: "C" })).toBe("coverage");
    expect(commandFor({ ...press, key: "r", ctrlKey: true })).toBeNull();
  });
});
