// Plain entities for tests; each maker takes what the test is about and fills in the rest.

import type {
  Assignment,
  Counts,
  Incident,
  MyAssignment,
  MyOffer,
  Need,
  Offer,
  Plan,
  Proposal,
  Shortfall,
  Travel,
} from "../src/shared/wire";

export const NOW = Date.parse("2026-11-22T03:00:00Z");
export const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();

export const travel: Travel = {
  eta_s: 600,
  dist_m: 4_000,
  source: "road",
  mode: "car",
  turnout_s: 120,
};
const site = { lon: -71.25, lat: -29.9, name: "Bridge" };
export const counts = (some: Partial<Counts> = {}): Counts => ({
  asked: 0,
  accepted: 0,
  en_route: 0,
  on_scene: 0,
  released: 0,
  declined: 0,
  expired: 0,
  ...some,
});

export const incident = (some: Partial<Incident> = {}): Incident => ({
  id: `i${some.number ?? 1}`,
  number: 1,
  kind: "flood",
  title: "Flood",
  description: "",
  site,
  region: "R",
  severity: "II",
  hazard: "H2",
  status: "OPEN",
  opened_at: at(-60),
  closed_at: null,
  exercise: false,
  changed_seq: 1,
  ...some,
});

export const need = (some: Partial<Need> = {}): Need => ({
  id: "n1",
  incident_id: "i1",
  skill: "LOG",
  level: 1,
  heads: { minimum: 2, desired: 4, maximum: 6 },
  hazard: "H2",
  site,
  region: "R",
  deadline_at: at(60),
  ends_at: at(420),
  reach_s: 3_600,
  verified: true,
  risk_assessment: "risk",
  safety_plan: { owner: "Rojas", measures: "pairs" },
  widened: false,
  note: "",
  status: "PUBLISHED",
  added_at: at(-30),
  published_at: at(-30),
  changed_seq: 1,
  counts: counts(),
  alerting: null,
  pinned: [],
  excluded: [],
  ...some,
});

export const offer = (some: Partial<Offer> = {}): Offer => ({
  id: "o1",
  need_id: "n1",
  incident_id: "i1",
  volunteer_id: 7,
  plan_id: null,
  hazard: "H2",
  status: "OPEN",
  travel,
  origin: { lon: -71.3, lat: -29.95, name: "" },
  cover: null,
  made_at: at(-5),
  expires_at: at(5),
  wave: 0,
  answered_at: null,
  decline_reason: null,
  comment: "",
  withdrawn_because: "",
  ...some,
});

export const assignment = (some: Partial<Assignment> = {}): Assignment => ({
  id: "a1",
  offer_id: "o1",
  need_id: "n1",
  incident_id: "i1",
  volunteer_id: 7,
  status: "EN_ROUTE",
  travel,
  origin: { lon: -71.3, lat: -29.95, name: "" },
  inside: false,
  cover: null,
  fix: null,
  assigned_at: at(-4),
  en_route_at: at(-3),
  on_scene_at: null,
  released_at: null,
  home_at: null,
  stood_down_at: null,
  stood_down_because: "",
  ...some,
});

export const proposal = (some: Partial<Proposal> = {}): Proposal => ({
  need_id: "n1",
  volunteer_id: 7,
  travel,
  origin: { lon: 0, lat: 0, name: "" },
  cover: null,
  skill: "LOG",
  cost_s: 900,
  accepts: 0.4,
  post: "ANY",
  replaces: null,
  ...some,
});

export const shortfall = (some: Partial<Shortfall> = {}): Shortfall => ({
  need_id: "n1",
  missing: 2,
  eligible: 1,
  competing: 0,
  refused: {},
  single: {},
  holders: 12,
  held: {},
  posts: {},
  remedies: [],
  ...some,
});

export const plan = (some: Partial<Plan> = {}): Plan => ({
  id: "p1",
  basis_seq: 1,
  need_ids: ["n1", "n2"],
  status: "PROPOSED",
  proposals: [],
  shortfalls: [],
  objective_s: 1,
  bound_s: 1,
  gap: 0,
  solve_ms: 1,
  made_at: at(0),
  fills: [],
  unkept: [],
  lacks: [],
  reserves: [],
  ...some,
});

const task = {
  travel,
  cover: null,
  exercise: false,
  incident: {
    number: 1,
    kind: "flood",
    title: "Flood",
    description: "",
    site,
    severity: "II" as const,
    hazard: "H2" as const,
    status: "OPEN" as const,
  },
  need: {
    id: "n1",
    skill: "LOG",
    level: 1,
    hazard: "H2" as const,
    site,
    heads: { minimum: 2, desired: 4, maximum: 6 },
    filled: 1,
    deadline_at: at(60),
    ends_at: at(420),
    note: "",
    safety_plan: null,
  },
};

export const myOffer = (some: Partial<MyOffer> = {}): MyOffer => ({
  ...task,
  id: "o1",
  status: "OPEN",
  made_at: at(-1),
  expires_at: at(5),
  answered_at: null,
  withdrawn_because: "",
  replaces: null,
  ...some,
});

export const myAssignment = (some: Partial<MyAssignment> = {}): MyAssignment => ({
  ...task,
  id: "a1",
  offer_id: "o1",
  status: "ASSIGNED",
  assigned_at: at(-30),
  en_route_at: null,
  on_scene_at: null,
  released_at: null,
  home_at: null,
  stood_down_at: null,
  stood_down_because: "",
  ...some,
});
