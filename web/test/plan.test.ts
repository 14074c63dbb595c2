import { describe, expect, it } from "vitest";
import { askingOf } from "../src/command/alerting";
import { meanAccepts, planParts, ranked, responseS, says } from "../src/command/plan/parts";
import { board } from "../src/command/select";
import type { Alerting } from "../src/shared/wire";
import {
  at,
  counts,
  incident,
  need,
  NOW,
  offer,
  plan,
  proposal,
  shortfall,
  travel,
} from "./fixtures";

describe("plan", () => {
  const soon = (need_id: string, volunteer_id: number, eta_s: number) =>
    proposal({ need_id, volunteer_id, travel: { ...travel, eta_s } });
  const made = plan({
    proposals: [soon("n1", 1, 900), soon("n1", 2, 300), soon("n2", 3, 60)],
    shortfalls: [shortfall({ need_id: "n2" })],
    fills: [
      {
        need_id: "n1",
        open: 1,
        asked: 0,
        asking: 2,
        fill: 0.92,
        before: 0,
        eta_limit_s: 600,
        levels_up: 0,
      },
    ],
    lacks: [{ need_id: "n2", post: "LEADER", heads: 1 }],
  });
  const items = board(
    [incident({ number: 1, severity: "I" }), incident({ number: 2, severity: "III" })],
    [need(), need({ id: "n2", incident_id: "i2" }), need({ id: "n3" })],
  );

  it("lists its needs in the board's order, who is there soonest first", () => {
    const parts = planParts(made, items, [], null);
    expect(parts.map((p) => p.need.id)).toEqual(["n1", "n2"]);
    expect(parts[0]?.proposals.map((p) => p.volunteer_id)).toEqual([2, 1]);
    expect(parts[0]?.fill?.fill).toBe(0.92);
    expect(parts[0]?.shortfall).toBeNull();
    expect(parts[1]?.shortfall?.missing).toBe(2);
    expect(parts[1]?.lacks).toHaveLength(1);
  });

  it("counts getting ready as part of the way", () => {
    const slow = proposal({ volunteer_id: 1, travel: { ...travel, eta_s: 300, turnout_s: 900 } });
    const far = proposal({ volunteer_id: 2, travel: { ...travel, eta_s: 600, turnout_s: 60 } });
    const [part] = planParts(plan({ proposals: [slow, far] }), items, [], null);
    expect(part?.proposals.map((p) => p.volunteer_id)).toEqual([2, 1]);
    expect(responseS(slow.travel)).toBe(1_200);
  });

  it("puts the selected incident first", () => {
    expect(planParts(made, items, [], "i2").map((p) => p.need.id)).toEqual(["n2", "n1"]);
  });

  it("does not propose again who was asked under this plan", () => {
    const asked = offer({ plan_id: "p1", volunteer_id: 2 });
    const other = offer({ id: "o2", plan_id: "p0", volunteer_id: 1 });
    const [part] = planParts(made, items, [asked, other], null);
    expect(part?.proposals.map((p) => p.volunteer_id)).toEqual([1]);
    expect(part?.asked).toBe(1);
  });

  it("proposes nobody for a need that was filled since", () => {
    const filled = board([incident()], [need({ counts: counts({ accepted: 3, on_scene: 1 }) })]);
    const [part] = planParts(made, filled, [], null);
    expect(part?.proposals).toEqual([]);
    expect(part?.asked).toBe(0);
  });

  it("shows a need of which only a pin could not be kept, and hides one that is covered", () => {
    const unkept = [{ need_id: "n3", volunteer_id: 5, reasons: ["COVER"] }];
    const parts = planParts(plan({ need_ids: ["n1"], unkept }), items, [], null);
    expect(parts.map((p) => [p.need.id, says(p)])).toEqual([
      ["n1", false],
      ["n3", true],
    ]);
  });

  it("averages how likely people say yes", () => {
    expect(meanAccepts([proposal({ accepts: 0.2 }), proposal({ accepts: 0.4 })])).toBeCloseTo(0.3);
    expect(meanAccepts([])).toBe(0);
  });

  it("ranks counted codes", () => {
    expect(ranked({ SKILL: 3, REACH: 9, AGE: 0, BUSY: 3 })).toEqual([
      ["REACH", 9],
      ["BUSY", 3],
      ["SKILL", 3],
    ]);
  });
});

describe("the desk's own asking", () => {
  const alerting = (some: Partial<Alerting> = {}): Alerting => ({
    policy: { kind: "hold", q: 0.9, beat_s: 5 },
    started_at: at(-10),
    waves: 2,
    wave_at: at(-2),
    fill_before: 0.6,
    fill: 0.91,
    eta_limit_s: 600,
    levels_up: 0,
    because: "DECLINED",
    doubted: null,
    ...some,
  });
  const first = { wave: 1, made_at: at(-9) };
  const offers = [
    offer({ id: "a", ...first, status: "DECLINED", answered_at: at(-5) }),
    offer({ id: "b", ...first, status: "DECLINED", answered_at: at(-3) }),
    offer({ id: "c", ...first }),
    offer({ id: "d", ...first, status: "EXPIRED", answered_at: at(-4) }),
    offer({ id: "e", wave: 2, made_at: at(-2) }),
    offer({ id: "f", wave: 2, made_at: at(-2), status: "DECLINED", answered_at: at(-1) }),
    offer({ id: "x", need_id: "n2", wave: 1, made_at: at(-1) }),
    offer({ id: "old", made_at: at(-40), status: "DECLINED", answered_at: at(-39) }),
  ];

  it("counts who was asked since it started, and what they said", () => {
    const asking = askingOf(need(), alerting(), offers);
    expect(asking).toMatchObject({ asked: 6, declined: 3, silent: 2, expired: 1, rests: false });
  });

  it("says why the last wave was made, and how many answers made it", () => {
    const { last } = askingOf(need(), alerting(), offers);
    expect(last).toEqual({ number: 2, asked: 2, because: "DECLINED", answers: 2 });
    const none = askingOf(need(), alerting({ waves: 0, wave_at: null }), []);
    expect(none.last).toBeNull();
  });

  it("rests while the heads wanted are taken", () => {
    const full = need({ counts: counts({ accepted: 3, on_scene: 1 }) });
    expect(askingOf(full, alerting(), []).rests).toBe(true);
  });

  it("knows the next wave only where the clock makes it", () => {
    const fixed = alerting({ policy: { kind: "fixed-waves", size: 2, every_s: 300 } });
    expect(askingOf(need(), fixed, []).nextAtMs).toBe(NOW + 180_000);
    expect(askingOf(need(), alerting(), []).nextAtMs).toBeNull();
  });
});
