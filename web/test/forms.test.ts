import { describe, expect, it } from "vitest";
import {
  addNeed,
  draftOf,
  headsInOrder,
  needsSafetyPlan,
  newNeedDraft,
  updateNeed,
} from "../src/command/forms";
import type { Meta } from "../src/shared/wire";
import { at, incident, need, NOW } from "./fixtures";

const meta = {
  hazards: [
    { code: "H1", names: { zh: "", en: "" }, needs_safety_plan: false },
    { code: "H2", names: { zh: "", en: "" }, needs_safety_plan: true },
  ],
} as unknown as Meta;
const seconds = (iso: string) => iso.replace(".000Z", "Z");

describe("need form", () => {
  it("asks for a safety plan by hazard and by size", () => {
    const draft = { ...newNeedDraft(incident()), hazard: "H1" as const };
    expect(needsSafetyPlan(draft, meta)).toBe(false);
    expect(needsSafetyPlan({ ...draft, maximum: 49 }, meta)).toBe(false);
    expect(needsSafetyPlan({ ...draft, maximum: 50 }, meta)).toBe(true);
    expect(needsSafetyPlan({ ...draft, hazard: "H2" }, meta)).toBe(true);
    // A hazard this page does not know is not a safe one.
    expect(needsSafetyPlan({ ...draft, hazard: "H4" }, meta)).toBe(true);
  });

  it("keeps heads in order", () => {
    expect(headsInOrder({ minimum: 1, desired: 1, maximum: 1 })).toBe(true);
    expect(headsInOrder({ minimum: 0, desired: 1, maximum: 1 })).toBe(false);
    expect(headsInOrder({ minimum: 3, desired: 2, maximum: 4 })).toBe(false);
    expect(headsInOrder({ minimum: 1, desired: 5, maximum: 4 })).toBe(false);
  });

  it("turns minutes and hours into instants of the server's clock", () => {
    const draft = { ...newNeedDraft(incident()), skill: "LOG", deadlineMin: 30, hours: 2 };
    expect(addNeed(draft, incident(), NOW)).toMatchObject({
      kind: "need.add",
      incident_id: "i1",
      deadline_at: seconds(at(30)),
      ends_at: seconds(at(150)),
      reach_s: 3_600,
      publish: true,
    });
  });

  it("leaves out the hazard of the incident and half a safety plan", () => {
    const draft = { ...newNeedDraft(incident()), owner: "Rojas" };
    const action = addNeed(draft, incident(), NOW);
    expect(action).not.toHaveProperty("hazard");
    expect(action).not.toHaveProperty("safety_plan");
    const whole = addNeed({ ...draft, measures: "pairs", hazard: "H3" }, incident(), NOW);
    expect(whole).toMatchObject({
      hazard: "H3",
      safety_plan: { owner: "Rojas", measures: "pairs" },
    });
  });

  it("sends only what was changed", () => {
    const stored = need();
    const draft = draftOf(stored);
    expect(updateNeed(draft, stored, 9, NOW)).toBeNull();
    expect(updateNeed({ ...draft, maximum: 9, verified: false }, stored, 9, NOW)).toEqual({
      kind: "need.update",
      need_id: "n1",
      seen_seq: 9,
      heads: { minimum: 2, desired: 4, maximum: 9 },
      verified: false,
    });
  });

  it("moves the end from the stored deadline or from the new one", () => {
    const stored = need();
    const draft = draftOf(stored);
    expect(updateNeed({ ...draft, hours: 1 }, stored, 9, NOW)).toMatchObject({
      ends_at: seconds(at(120)),
    });
    expect(updateNeed({ ...draft, hours: 1, deadlineMin: 10 }, stored, 9, NOW)).toMatchObject({
      deadline_at: seconds(at(10)),
      ends_at: seconds(at(70)),
    });
  });

  it("changes a safety plan as a whole", () => {
    const stored = need();
    expect(updateNeed({ ...draftOf(stored), owner: "Soto" }, stored, 9, NOW)).toMatchObject({
      safety_plan: { owner: "Soto", measures: "pairs" },
    });
  });
});
