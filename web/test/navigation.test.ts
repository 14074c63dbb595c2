import { describe, expect, it } from "vitest";
import { readHash, writeHash } from "../src/command/hash";
import { commandFor, KEYS } from "../src/command/keys";
import { bearingDeg, boundsOf, compassPoint, distanceM, lengthM } from "../src/shared/geo";

describe("address bar", () => {
  it.each([
    [{ incident: null, plan: false }, ""],
    [{ incident: 12, plan: false }, "#incident=12"],
    [{ incident: 12, plan: true }, "#incident=12&panel=plan"],
    [{ incident: null, plan: true }, "#panel=plan"],
  ])("holds %j", (view, hash) => {
    expect(writeHash(view)).toBe(hash);
    expect(readHash(hash)).toEqual(view);
  });

  it.each(["#incident=x", "#incident=-3", "#incident=1.5", "#nonsense", "#incident="])(
    "takes %s for nothing",
    (hash) => {
      expect(readHash(hash)).toEqual({ incident: null, plan: false });
    },
  );
});

describe("keys", () => {
  const press = (key: string, some = {}) =>
    commandFor({ key, ctrlKey: false, metaKey: false, altKey: false, typing: false, ...some });

  it("knows every key of the list, with and without shift", () => {
    for (const { key, command } of KEYS) expect(press(key)).toBe(command);
    expect(press("N")).toBe("new-incident");
    expect(press("x")).toBeNull();
  });

  it("leaves letters to who is writing, and shortcuts to the browser", () => {
    expect(press("n", { typing: true })).toBeNull();
    expect(press("Enter", { typing: true })).toBeNull();
    expect(press("Escape", { typing: true })).toBe("back");
    expect(press("p", { ctrlKey: true })).toBeNull();
    expect(press("k", { metaKey: true })).toBeNull();
    expect(press("d", { altKey: true })).toBeNull();
  });
});

describe("geometry", () => {
  it("measures on the sphere", () => {
    expect(distanceM([0, 0], [0, 1])).toBeCloseTo(111_195, -1);
    expect(distanceM([-71.25, -29.9], [-71.25, -29.9])).toBe(0);
    expect(
      lengthM([
        [0, 0],
        [0, 1],
        [0, 2],
      ]),
    ).toBeCloseTo(222_390, -1);
    expect(lengthM([])).toBe(0);
  });

  it("knows where things lie", () => {
    expect(bearingDeg([0, 0], [0, 1])).toBeCloseTo(0);
    expect(bearingDeg([0, 0], [1, 0])).toBeCloseTo(90);
    expect(bearingDeg([0, 0], [-1, 0])).toBeCloseTo(270);
    expect([0, 44, 46, 180, 337, 338, 359, -90].map(compassPoint)).toEqual([
      0, 1, 1, 4, 7, 0, 0, 6,
    ]);
  });

  it("finds bounds", () => {
    expect(
      boundsOf([
        [1, 5],
        [3, 2],
      ]),
    ).toEqual([1, 2, 3, 5]);
    expect(boundsOf([])).toBeNull();
  });
});
