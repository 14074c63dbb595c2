import { describe, expect, it } from "vitest";
import { funnelOf, heldOf, inOrder, laterOf, unreached } from "../src/command/people/told";
import type { Told } from "../src/shared/wire";
import { at, counts, need, offer } from "./fixtures";

const told = (some: Partial<Told> = {}): Told => ({
  medium: "SMS",
  status: "SENT",
  at: at(-1),
  because: "",
  ...some,
});

describe("how far the offers of a need came", () => {
  it("counts answers of either kind, and no other end", () => {
    const offers = (["OPEN", "ACCEPTED", "DECLINED", "EXPIRED", "WITHDRAWN"] as const).map(
      (status, n) => offer({ id: `o${n}`, status }),
    );
    const mine = need({ counts: counts({ told: 4, delivered: 3, seen: 2 }) });
    expect(funnelOf(mine, [...offers, offer({ need_id: "another" })])).toEqual({
      asked: 5,
      told: 4,
      delivered: 3,
      seen: 2,
      answered: 2,
    });
  });

  it("puts what wants somebody to act first", () => {
    const all = (["SENT", "DELIVERED", "FAILED", "HELD"] as const).map((status) =>
      told({ status }),
    );
    const none = told({ medium: "PUSH", status: "FAILED", because: "NO_ADDRESS" });
    const sorted = inOrder([none, ...all]);
    expect(sorted.map((one) => one.status).slice(0, 4)).toEqual([
      "HELD",
      "FAILED",
      "DELIVERED",
      "SENT",
    ]);
    expect(sorted[4]).toBe(none);
  });

  it("says that somebody is not reached only when nothing is left to hope for", () => {
    const failed = told({ status: "FAILED", because: "NO_ADDRESS" });
    const noPush = told({ medium: "PUSH", status: "FAILED", because: "NO_ADDRESS" });
    expect(unreached(offer({ told: [noPush, failed] }))).toBe(true);
    expect(unreached(offer({ told: [noPush] }))).toBe(false);
    expect(unreached(offer({ told: [failed, told()] }))).toBe(false);
    expect(unreached(offer({ told: [failed], seen_at: at(0) }))).toBe(false);
    expect(unreached(offer())).toBe(false);
  });
});

describe("what is held back", () => {
  it("is counted by its reason, for offers that are still open", () => {
    const quiet = told({ status: "HELD", because: "QUIET_HOURS" });
    const cost = told({ status: "HELD", because: "COST_CAP", medium: "VOICE" });
    const offers = [
      offer({ id: "a", told: [quiet, cost] }),
      offer({ id: "b", told: [quiet] }),
      offer({ id: "c", told: [quiet], status: "EXPIRED" }),
    ];
    expect(heldOf(offers)).toEqual([
      { because: "QUIET_HOURS", messages: 2 },
      { because: "COST_CAP", messages: 1 },
    ]);
  });
});

describe("who can come later", () => {
  const later = (id: string, volunteer_id: number, ready: number) =>
    offer({
      id,
      volunteer_id,
      status: "DECLINED",
      decline_reason: "LATER",
      ready_at: at(ready),
      made_at: at(-20),
    });

  it("is listed the soonest first, with when they may be asked", () => {
    const list = laterOf("n1", [later("a", 1, 90), later("b", 2, 30)]);
    expect(list.map((one) => one.offer.id)).toEqual(["b", "a"]);
    // Ten minutes of way.
    expect(list[0]?.askFromMs).toBe(Date.parse(at(20)));
  });

  it("leaves out who was asked again, who declined for good, and other needs", () => {
    const offers = [
      later("a", 1, 30),
      offer({ id: "again", volunteer_id: 1, made_at: at(-1) }),
      offer({ id: "no", volunteer_id: 3, status: "DECLINED", decline_reason: "BUSY" }),
      { ...later("other", 4, 30), need_id: "n2" },
    ];
    expect(laterOf("n1", offers)).toEqual([]);
  });
});
