// One hard rule held against one person and one need, in words. Pure: the words come in.

import type { PlanMessages } from "./texts/messages.en";

export type Values = Readonly<Record<string, unknown>>;

/** What the rule asks and what was found; the contract is `dispatch/matching/findings.py`. */
export interface Finding {
  rule: string;
  holds: boolean;
  required: Values;
  found: Values;
}

/** How codes and figures are said in the language shown. */
export interface Words {
  p: PlanMessages;
  comma: string;
  skill: (code: string) => string;
  region: (code: string) => string;
  /** Incident and need by the need's id. */
  need: (id: string) => string;
  decline: (code: string) => string;
  day: (on: string) => string;
  clock: (at: string) => string;
  eta: (seconds: number) => string;
  distance: (metres: number) => string;
  number: (n: number) => string;
}

interface Evidence {
  required: string;
  found: string;
}

/** Empty texts where a rule asks nothing, or nothing was found to tell. */
export function evidenceOf(finding: Finding, words: Words): Evidence {
  const { required, found } = finding;
  const say = SAY[finding.rule];
  if (!say) return { required: plain(required), found: plain(found) };
  const [asks, has] = say({ r: required, f: found, w: words, p: words.p });
  return { required: asks, found: has };
}

interface Case {
  r: Values;
  f: Values;
  w: Words;
  p: PlanMessages;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" ? value : 0);
const list = (value: unknown): Values[] => (Array.isArray(value) ? (value as Values[]) : []);
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const joined = (w: Words, ...parts: (string | false)[]): string =>
  parts.filter((part): part is string => part !== false && part !== "").join(w.comma);
const plain = (values: Values): string =>
  Object.keys(values).length ? JSON.stringify(values) : "";

/** A day, or the two that are none. */
function until(w: Words, day: unknown): string {
  if (day === "FOREVER") return w.p.forever;
  if (day === "NEVER" || day === undefined) return w.p.never;
  return w.p.until(w.day(text(day)));
}

const SAY: Record<string, (c: Case) => [asks: string, has: string]> = {
  STATUS: ({ r, f, p }) => [named(p.status_, r["status"]), named(p.status_, f["status"])],
  TIER: ({ r, f, w, p }) => [
    joined(
      w,
      ...texts(r["tiers"]).map((tier) => named(p.tier, tier)),
      "team_levels" in r && p.teamLevel(texts(r["team_levels"]).join("–")),
    ),
    joined(
      w,
      named(p.tier, f["tier"]),
      "team_levels" in r &&
        (number(f["team_level"]) > 0 ? p.teamLevel(String(f["team_level"])) : p.noTeamLevel),
    ),
  ],
  AGE: ({ r, f, w, p }) => {
    const below = number(r["guardian_below_years"]);
    const from = number(r["from_years"]);
    return [
      joined(w, p.years(from, number(r["to_years"])), below > from && p.guardianBelow(below)),
      joined(
        w,
        f["years"] === null ? p.unknown : p.ageYears(number(f["years"])),
        f["guardian"] === true && p.guardian,
      ),
    ];
  },
  FITNESS: ({ r, f, p }) => [r["fit"] ? p.fit : "", f["fit"] ? p.fit : p.notFit],
  SKILL: ({ r, f, w, p }) => {
    const held = list(f["held"]).map(
      (one) => `${w.skill(text(one["skill"]))} ${p.level(number(one["level"]))}`,
    );
    const asked = texts(r["skills"]).map(w.skill).join(" / ");
    return [`${asked} ${p.level(number(r["level"]))}`, held.join(w.comma) || p.none];
  },
  CREDENTIAL: ({ r, f, w, p }) => [
    joined(w, p.verified, until(w, r["until"])),
    "skill" in f
      ? joined(
          w,
          w.skill(text(f["skill"])),
          f["verified"] ? p.verified : p.notVerified,
          until(w, f["until"]),
        )
      : p.none,
  ],
  TRAINING: ({ r, f, w, p }) => {
    const course = p.skillCourse(w.skill(text(f["skill"])));
    return [
      joined(
        w,
        "safety_until" in r && `${p.safetyCourse} ${until(w, r["safety_until"])}`,
        "skill_until" in r && `${course} ${until(w, r["skill_until"])}`,
      ),
      joined(
        w,
        "safety_until" in r && `${p.safetyCourse} ${until(w, f["safety_until"])}`,
        "skill_until" in r && `${course} ${until(w, f["skill_until"])}`,
      ),
    ];
  },
  COVER: ({ r, f, w }) => [coverAsked(r, w), coverHeld(f, w)],
  JURISDICTION: ({ r, f, w, p }) => [
    "region" in r ? w.region(text(r["region"])) : p.anyRegion,
    f["region"] === null ? p.noRegion : w.region(text(f["region"])),
  ],
  UNAVAILABLE: ({ f, w, p }) => {
    const says = (value: unknown) => (value ? p.yes : p.no);
    const end = f["declared_until_at"];
    return [
      p.yes,
      joined(
        w,
        says(f["available"]),
        f["declared"] === null ? p.usually : p.declared,
        typeof end === "string" && p.until(w.clock(end)),
      ),
    ];
  },
  BUSY: ({ f, w, p }) => [
    p.free_,
    f["assignment"] === null ? p.free_ : p.onTask(w.need(text(f["need"]))),
  ],
  OFFERED: ({ f, w, p }) => [
    p.noOffer,
    list(f["offers"])
      .map((o) => p.openOffer(w.need(text(o["need"])), w.clock(text(o["expires_at"]))))
      .join(w.comma) || p.noOffer,
  ],
  RESTING: ({ f, w, p }) => [
    p.rested,
    typeof f["rested_at"] === "string" ? p.restUntil(w.clock(f["rested_at"])) : p.rested,
  ],
  CAPPED: ({ r, f, w, p }) => [
    p.alertsBelow(number(r["below_per_day"]), number(r["below_per_week"])),
    p.alerts(w.number(number(f["per_day"])), w.number(number(f["per_week"]))),
  ],
  CONSENT: ({ f, p }) => [p.consent, f["consent"] ? p.consent : p.noConsent],
  EXCLUDED: ({ f, w, p }) => [
    p.notExcluded,
    list(f["exclusions"])
      .map((e) => p.excludedBy(text(e["by"]), text(e["reason"]), e["whole_incident"] === true))
      .join(w.comma) || p.notExcluded,
  ],
  DECLINED: ({ f, w, p }) => [
    p.notDeclined,
    list(f["answers"])
      .map((a) => p.declinedAt(w.clock(text(a["at"])), w.decline(text(a["reason"]))))
      .join(w.comma) || p.notDeclined,
  ],
  REACH: ({ r, f, w, p }) => [
    p.within(w.eta(number(r["response_s"]))),
    f["response_s"] === null
      ? p.noWay
      : p.inTime(w.eta(number(f["response_s"])), w.distance(number(f["dist_m"]))),
  ],
  CUT_OFF: ({ f, p }) => [p.notCutOff, f["cut_off"] ? p.cutOff : p.notCutOff],
};

const named = (table: Record<string, string>, code: unknown): string =>
  table[text(code)] ?? text(code);

const SUMS = ["accident_sum", "medical_sum", "sudden_death_sum", "third_party_sum"];

function coverAsked(r: Values, w: Words): string {
  if (!("hazard" in r)) return "";
  const sums = SUMS.map((name) => w.number(number(r[name]))).join(" / ");
  return joined(
    w,
    text(r["hazard"]),
    w.region(text(r["region"])),
    w.p.until(w.clock(text(r["until_at"]))),
    r["exercise"] === true && w.p.exercise,
    `${w.p.sums} ${sums}`,
  );
}

/** Every contract with the first term that does not answer. */
function coverHeld(f: Values, w: Words): string {
  const contracts = list(f["contracts"]).map((contract) => {
    const name = `${text(contract["insurer"])} ${text(contract["clause"])}`.trim();
    const term = contract["fails"];
    if (term === null) return w.p.pair(name, w.p.contractOk);
    const clause = w.p.clause[text(term)] ?? text(term);
    return w.p.pair(name, flaw(contract, text(term), clause, w));
  });
  return contracts.join("; ") || w.p.noContract;
}

function flaw(contract: Values, term: string, clause: string, w: Words): string {
  const said = (value: unknown): string => {
    if (term === "territory") return texts([value].flat()).map(w.region).join("/");
    if (term.endsWith("_at")) return w.clock(text(value));
    if (Array.isArray(value)) return value.join("/");
    return typeof value === "number" ? w.number(value) : text(value);
  };
  // A yes or no adds nothing to the clause's own words.
  if (typeof contract["required"] === "boolean") return clause;
  return w.p.clauseNeeds(clause, said(contract["found"]), said(contract["required"]));
}
