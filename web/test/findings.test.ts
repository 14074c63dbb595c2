import { describe, expect, it } from "vitest";
import { evidenceOf, type Values, type Words } from "../src/command/plan/findings";
import { messages as en } from "../src/command/plan/texts/messages.en";
import { messages as zh } from "../src/command/plan/texts/messages.zh";

const words = (p: typeof en): Words => ({
  p,
  comma: p === en ? ", " : "，",
  skill: (code) => ({ BOAT: "Boat driver", "MED-1": "First aider" })[code] ?? code,
  region: (code) => `R${code}`,
  need: (id) => `need ${id}`,
  decline: (code) => code.toLowerCase(),
  day: (on) => on,
  clock: (at) => at.slice(11, 16),
  eta: (s) => `${s / 60} min`,
  distance: (m) => `${m / 1000} km`,
  number: (n) => n.toLocaleString("en-GB"),
});
const said = (rule: string, required: Values, found: Values, p = en) => {
  const { required: asks, found: has } = evidenceOf(
    { rule, holds: false, required, found },
    words(p),
  );
  return [asks, has];
};

// As `dispatch/matching/findings.py` writes them.
const CASES: [rule: string, required: Values, found: Values, asks: string, has: string][] = [
  ["STATUS", { status: "ACTIVE" }, { status: "SUSPENDED" }, "active", "suspended"],
  [
    "TIER",
    { tiers: ["PROFESSIONAL"], team_levels: [1, 3] },
    { tier: "TEMPORARY", team_level: 0 },
    "professional, team level 1–3",
    "temporary, no team level",
  ],
  [
    "AGE",
    { from_years: 16, to_years: 120, guardian_below_years: 18 },
    { years: 17, guardian: false },
    "16 to 120 years, below 18 with a guardian",
    "17 years",
  ],
  [
    "AGE",
    { from_years: 18, to_years: 60, guardian_below_years: 18 },
    { years: null, guardian: false },
    "18 to 60 years",
    "not known",
  ],
  ["FITNESS", { fit: true }, { fit: false }, "fitness record in date", "no fitness record in date"],
  ["FITNESS", {}, { fit: true }, "", "fitness record in date"],
  [
    "SKILL",
    { skills: ["BOAT"], level: 2 },
    { held: [{ skill: "BOAT", level: 1 }] },
    "Boat driver level 2",
    "Boat driver level 1",
  ],
  ["SKILL", { skills: ["BOAT"], level: 1 }, { held: [] }, "Boat driver level 1", "none"],
  [
    "CREDENTIAL",
    { verified: true, until: "2026-11-22" },
    { skill: "BOAT", verified: true, until: "2026-05-01" },
    "verified, until 2026-11-22",
    "Boat driver, verified, until 2026-05-01",
  ],
  ["CREDENTIAL", { verified: true, until: "FOREVER" }, {}, "verified, no end", "none"],
  [
    "TRAINING",
    { safety_until: "2026-11-23" },
    { safety_until: "NEVER", skill: "BOAT", skill_until: "NEVER" },
    "safety course until 2026-11-23",
    "safety course never",
  ],
  ["JURISDICTION", { region: "04102" }, { region: null }, "R04102", "no region"],
  ["JURISDICTION", {}, { region: "04101" }, "any region (widened)", "R04101"],
  [
    "UNAVAILABLE",
    { available: true },
    {
      available: false,
      standing: true,
      declared: false,
      declared_until_at: "2026-11-22T09:30:00Z",
    },
    "yes",
    "no, by own word, until 09:30",
  ],
  [
    "BUSY",
    { assignment: null },
    { assignment: "a1", need: "n2", status: "EN_ROUTE" },
    "free",
    "on assignment: need n2",
  ],
  [
    "OFFERED",
    { offers: [] },
    { offers: [{ need: "n2", expires_at: "2026-11-22T03:10:00Z" }] },
    "no open offer",
    "asked for need n2, answer by 03:10",
  ],
  [
    "RESTING",
    { rested_at: "2026-11-22T03:00:00Z" },
    { rested_at: "2026-11-22T11:00:00Z" },
    "rested",
    "rest until 11:00",
  ],
  [
    "CAPPED",
    { below_per_day: 3, below_per_week: 8 },
    { per_day: 3, per_week: 4.5 },
    "fewer than 3 in a day and 8 in a week",
    "3 alerts in a day, 4.5 in a week",
  ],
  [
    "CONSENT",
    { consent: true },
    { consent: false },
    "consent to be asked",
    "no consent to be asked",
  ],
  [
    "EXCLUDED",
    { exclusions: [] },
    { exclusions: [{ by: "lin", at: "", reason: "conflict", whole_incident: true }] },
    "not excluded",
    "excluded from the incident by lin: conflict",
  ],
  [
    "DECLINED",
    { answers: [] },
    { answers: [{ at: "2026-11-22T02:50:00Z", reason: "TOO_FAR" }] },
    "has not declined",
    "declined at 02:50: too_far",
  ],
  [
    "REACH",
    { response_s: 3600 },
    { turnout_s: 120, eta_s: 3600, response_s: 3720, dist_m: 52_000, mode: "car", source: "road" },
    "there within 60 min",
    "there in 62 min, 52 km",
  ],
  ["REACH", { response_s: 3600 }, { response_s: null }, "there within 60 min", "no way there"],
  ["CUT_OFF", { cut_off: false }, { cut_off: true }, "not cut off", "cut off by a zone"],
];

describe("evidence", () => {
  it.each(CASES)("%s %j against %j", (rule, required, found, asks, has) => {
    expect(said(rule, required, found)).toEqual([asks, has]);
  });

  it.each(CASES)("%s in Chinese leaves no English behind: %j", (rule, required, found) => {
    const text = said(rule, required, found, zh)
      .join(" ")
      .replace(/Boat driver|need n2|too_far|lin|conflict|R\d+|min|km/g, "");
    expect(text).not.toMatch(/[a-z]{2,}/);
  });

  const contract = { policy_id: 1, insurer: "PICC", clause: "A" };
  const asked = {
    hazard: "H3",
    region: "04102",
    from_at: "2026-11-22T03:00:00Z",
    until_at: "2026-11-22T12:00:00Z",
    exercise: false,
    accident_sum: 500_000,
    medical_sum: 50_000,
    sudden_death_sum: 100_000,
    third_party_sum: 100_000,
  };

  it.each([
    ["accident_sum", 500_000, 200_000, "accident sum too low (200,000, needs 500,000)"],
    ["hazards", "H3", ["H0", "H1"], "does not list this danger (H0/H1, needs H3)"],
    ["territory", "04102", ["04101"], "does not cover this area (R04101, needs R04102)"],
    [
      "valid_until_at",
      "2026-11-22T12:00:00Z",
      "2026-11-22T08:00:00Z",
      "ends before they are home (08:00, needs 12:00)",
    ],
    ["used_up", false, true, "is used up"],
    ["activated", true, false, "is not activated by them"],
  ])("names the clause %s of a contract that fails", (fails, required, found, text) => {
    const contracts = [{ ...contract, fails, required, found }];
    expect(said("COVER", asked, { contracts })).toEqual([
      "H3, R04102, until 12:00, sums at least 500,000 / 50,000 / 100,000 / 100,000",
      `PICC A: ${text}`,
    ]);
  });

  it("says who has no contract, and which one covers", () => {
    expect(said("COVER", {}, { contracts: [] })).toEqual(["", "no insurance contract"]);
    const contracts = [{ ...contract, fails: null, currency: "CLP" }];
    expect(said("COVER", asked, { contracts })[1]).toBe("PICC A: covers this");
  });

  it("shows an unknown rule rather than nothing", () => {
    expect(said("NEW", { most: 3 }, {})).toEqual(['{"most":3}', ""]);
  });
});
