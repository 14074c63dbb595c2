import { describe, expect, it } from "vitest";
import {
  affected,
  board,
  fillOf,
  fillShare,
  filtered,
  isShort,
  latestPlan,
  neighbour,
  peopleByStatus,
  personRows,
  search,
  timelineLines,
  touchedBy,
} from "../src/command/select";
import type { Entry } from "../src/shared/wire";
import { assignment, at, counts, incident, need, offer, plan } from "./fixtures";

const numbers = (items: { incident: { number: number } }[]) => items.map((i) => i.incident.number);

describe("board", () => {
  it("puts the worst first, then the oldest", () => {
    const items = board(
      [
        incident({ number: 1, severity: "III", opened_at: at(-100) }),
        incident({ number: 2, severity: "I", opened_at: at(-5) }),
        incident({ number: 3, severity: "I", opened_at: at(-50) }),
        incident({ number: 4, severity: "IV", opened_at: at(-500) }),
      ],
      [],
    );
    expect(numbers(items)).toEqual([3, 2, 1, 4]);
  });

  it("does not depend on the order entities came in", () => {
    const incidents = [1, 2, 3].map((number) => incident({ number }));
    expect(numbers(board([...incidents].reverse(), []))).toEqual([1, 2, 3]);
  });

  it("fills only from published needs, and never one need from another", () => {
    const fill = fillOf([
      need({ counts: counts({ accepted: 3, en_route: 2, on_scene: 1, asked: 2 }) }),
      need({ id: "n2", counts: counts({ accepted: 1 }) }),
      need({ id: "n3", status: "DRAFT", counts: counts({ accepted: 4 }) }),
    ]);
    expect(fill).toEqual({ asked: 2, taken: 5, minimum: 4, desired: 8 });
    expect(fillShare(fill)).toBeCloseTo(5 / 8);
    expect(fillShare(fillOf([]))).toBe(0);
  });

  it("filters", () => {
    const items = board(
      [
        incident({ number: 1 }),
        incident({ number: 2 }),
        incident({ number: 3, status: "CLOSED", closed_at: at(-9) }),
        incident({ number: 4, status: "CLOSED", closed_at: at(-2) }),
      ],
      [
        need({ incident_id: "i1" }),
        need({ id: "n2", incident_id: "i2", counts: counts({ on_scene: 4 }) }),
      ],
    );
    expect(numbers(filtered(items, "open", new Set()))).toEqual([1, 2]);
    expect(numbers(filtered(items, "mine", new Set(["i2", "i3"])))).toEqual([2]);
    expect(numbers(filtered(items, "short", new Set()))).toEqual([1]);
    expect(numbers(filtered(items, "closed", new Set()))).toEqual([4, 3]);
    expect(items.map(isShort)).toContain(false);
  });

  it("walks to the next and the previous, around the ends", () => {
    const items = board(
      [1, 2, 3].map((number) => incident({ number })),
      [],
    );
    expect(neighbour(items, null, 1)).toBe(1);
    expect(neighbour(items, null, -1)).toBe(3);
    expect(neighbour(items, 3, 1)).toBe(1);
    expect(neighbour(items, 1, -1)).toBe(3);
    expect(neighbour(items, 99, 1)).toBe(1);
    expect(neighbour([], 1, 1)).toBeNull();
  });

  it("knows which incidents an account acted on", () => {
    const entry = (
      id: number,
      role: Entry["actor"]["role"],
      who: string,
      of: string | null,
    ): Entry => ({
      id,
      at: at(0),
      event: "NeedAdded",
      actor: { role, id: who },
      incident_id: of,
      need_id: null,
      volunteer_id: null,
      text: null,
    });
    const entries = [
      entry(1, "commander", "lin", "i1"),
      entry(2, "commander", "zhou", "i2"),
      entry(3, "volunteer", "lin", "i3"),
      entry(4, "commander", "lin", null),
    ];
    expect(touchedBy(entries, "lin")).toEqual(["i1"]);
  });
});

describe("people of a need", () => {
  it("shows one line per person, the assignment over the offer, who is nearest to help first", () => {
    const rows = personRows(
      [
        offer({ id: "o1", volunteer_id: 1, status: "ACCEPTED" }),
        offer({ id: "o2", volunteer_id: 2 }),
        offer({ id: "o3", volunteer_id: 3, status: "DECLINED", answered_at: at(-1) }),
        offer({ id: "o4", volunteer_id: 4, status: "ACCEPTED" }),
      ],
      [
        assignment({ id: "a1", offer_id: "o1", volunteer_id: 1, status: "EN_ROUTE" }),
        assignment({
          id: "a4",
          offer_id: "o4",
          volunteer_id: 4,
          status: "ON_SCENE",
          on_scene_at: at(-2),
        }),
      ],
    );
    expect(rows.map((r) => [r.volunteer, r.status, r.active])).toEqual([
      [4, "ON_SCENE", true],
      [1, "EN_ROUTE", true],
      [2, "OPEN", true],
      [3, "DECLINED", false],
    ]);
    expect(rows.map((r) => r.since)).toEqual([at(-2), at(-3), at(-5), at(-1)]);
  });

  it("shows an assignment whose offer is not in the view", () => {
    expect(personRows([], [assignment()])).toMatchObject([{ volunteer: 7, offer: null }]);
  });

  it("counts whom an end would reach", () => {
    const rows = personRows(
      [offer({ id: "o9", volunteer_id: 9 })],
      (["ASSIGNED", "EN_ROUTE", "ON_SCENE", "RELEASED", "RESERVED"] as const).map((status, i) =>
        assignment({ id: `a${i}`, offer_id: `x${i}`, volunteer_id: i, status }),
      ),
    );
    expect(affected(rows)).toEqual({ asked: 1, going: 3, on: 1 });
  });
});

it("takes the newest plan", () => {
  expect(latestPlan([])).toBeNull();
  expect(latestPlan([plan(), plan({ id: "p2", made_at: at(3) })])?.id).toBe("p2");
});

describe("timeline", () => {
  const entry = (
    id: number,
    event: string,
    volunteer_id: number | null,
    need_id = "n1",
  ): Entry => ({
    id,
    at: at(id),
    event,
    actor: { role: "system", id: "desk" },
    incident_id: "i1",
    need_id,
    volunteer_id,
    text: null,
  });

  it("tells a run of the same for many people in one line, newest first", () => {
    const lines = timelineLines([
      entry(1, "OfferMade", 1),
      entry(2, "OfferMade", 2),
      entry(3, "OfferMade", 3, "n2"),
      entry(4, "WaveMade", null),
      entry(5, "WaveMade", null),
      entry(6, "OfferMade", 4),
    ]);
    expect(lines.map(({ entry, count }) => [entry.id, count])).toEqual([
      [6, 1],
      [5, 1],
      [4, 1],
      [3, 1],
      [2, 2],
    ]);
  });
});

describe("search", () => {
  const items = board([incident({ title: "Dike breach" })], [need({ note: "sandbags" })]);
  const texts = {
    need: () => "Stores",
    kind: () => "Flood",
    people: [{ volunteer: 7, incident: "i1", name: "李秀英", number: "V7" }],
  };
  const kinds = (query: string) => search(query, items, texts).map((hit) => hit.kind);

  it("finds by every word, in any part", () => {
    expect(kinds("dike BREACH")).toEqual(["incident"]);
    expect(kinds("flood bridge")).toEqual(["incident"]);
    expect(kinds("sandbags")).toEqual(["need"]);
    expect(kinds("秀英")).toEqual(["person"]);
    expect(kinds("#1")).toEqual(["incident"]);
    expect(kinds("dike nowhere")).toEqual([]);
    expect(kinds("  ")).toEqual([]);
  });

  it("stops at the limit", () => {
    const many = board(
      [1, 2, 3].map((number) => incident({ number })),
      [],
    );
    expect(search("flood", many, { ...texts, people: [] }, 2)).toHaveLength(2);
  });
});

it("counts people by status", () => {
  const person = (id: number, status: "AVAILABLE" | "OFFERED") => ({
    id,
    status,
    available: true,
    on_duty: false,
    resting_until: null,
  });
  const counted = peopleByStatus([
    person(1, "AVAILABLE"),
    person(2, "OFFERED"),
    person(3, "OFFERED"),
  ]);
  expect([...counted]).toEqual([
    ["AVAILABLE", 1],
    ["OFFERED", 2],
  ]);
});
