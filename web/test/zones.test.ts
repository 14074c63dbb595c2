import { describe, expect, it } from "vitest";
import { USUAL, zoneAction, type ZoneDraft } from "../src/command/zones";
import { ZONE_KINDS } from "../src/shared/wire";

const draft: ZoneDraft = {
  kind: "flood",
  name: " Estero ",
  form: "AREA",
  corners: [
    [0, 0],
    [1, 0],
    [1, 1],
  ],
  radiusM: 0,
  blocks: ["car"],
  pace: 50,
  certainty: "OBSERVED",
  hours: null,
};

describe("zoneAction", () => {
  it("sends factors and instants, not per cent and hours", () => {
    const action = zoneAction({ ...draft, hours: 3 }, Date.parse("2026-07-20T08:00:00Z"));
    expect(action).toMatchObject({
      name: "Estero",
      pace: 0.5,
      ends_at: "2026-07-20T11:00:00.000Z",
      parts: [[draft.corners]],
    });
  });

  it("gives points and lines a reach, but not a closed road", () => {
    const line = { ...draft, form: "LINE" as const };
    expect(zoneAction(line, 0)).toMatchObject({ radius_m: 15 });
    expect(zoneAction({ ...line, radiusM: 80 }, 0)).toMatchObject({ radius_m: 80 });
    expect(zoneAction({ ...line, kind: "closed" }, 0)).toMatchObject({ radius_m: 0 });
  });
});

it.each(ZONE_KINDS)("the usual form of %s is among its forms", (kind) => {
  const { form, forms, pace } = USUAL[kind];
  expect(forms[0]).toBe(form);
  expect(pace).toBeGreaterThan(0);
});
