// Types of everything that crosses the wire; the contract is docs/reference/http.md.
// Instants are RFC 3339 strings in UTC, durations whole seconds (_s), distances whole metres (_m).

export type Id = string;
export type VolunteerId = number;
export type Instant = string;
export type LonLat = [lon: number, lat: number];

export const SEVERITIES = ["I", "II", "III", "IV"] as const;
export type Severity = (typeof SEVERITIES)[number];
export const HAZARDS = ["H0", "H1", "H2", "H3", "H4"] as const;
export type Hazard = (typeof HAZARDS)[number];
export type IncidentStatus = "OPEN" | "CLOSED";
export type NeedStatus = "DRAFT" | "PUBLISHED" | "CLOSED";
export type OfferStatus = "OPEN" | "ACCEPTED" | "DECLINED" | "EXPIRED" | "WITHDRAWN";
export type AssignmentStatus =
  "RESERVED" | "ASSIGNED" | "EN_ROUTE" | "ON_SCENE" | "RELEASED" | "HOME" | "STOOD_DOWN";
export type PersonStatus =
  "AVAILABLE" | "OFFERED" | "ASSIGNED" | "EN_ROUTE" | "ON_SCENE" | "RESTING" | "UNAVAILABLE";
export const ZONE_KINDS = [
  "flood",
  "fire",
  "landslide",
  "bridge",
  "tunnel",
  "closed",
  "other",
] as const;
export type ZoneKind = (typeof ZONE_KINDS)[number];
export const MODES = ["car", "motorcycle", "foot", "boat"] as const;
export type Mode = (typeof MODES)[number];
export type ZoneForm = "AREA" | "LINE" | "POINT";
export const CERTAINTIES = ["OBSERVED", "LIKELY", "POSSIBLE", "UNLIKELY"] as const;
export type Certainty = (typeof CERTAINTIES)[number];
export const RAINS = ["NONE", "RAIN", "HEAVY"] as const;
export type Rain = (typeof RAINS)[number];
export const DECLINE_REASONS = [
  "BUSY",
  "TOO_FAR",
  "NO_TRANSPORT",
  "NOT_FIT",
  "NO_GEAR",
  "OTHER",
] as const;
/** LATER is said with `offer.later`, which says when. */
export type DeclineReason = (typeof DECLINE_REASONS)[number] | "LATER";
export const MEANS = [
  "CAR",
  "OFF_ROAD",
  "TRUCK",
  "MOTORCYCLE",
  "BOAT",
  "GENERATOR",
  "CHAINSAW",
  "RADIO",
  "MEDICAL_KIT",
] as const;
/** What people bring of their own. */
export type Means = (typeof MEANS)[number];
/** The media that messages are sent by. */
export const MEDIA = ["PUSH", "SMS", "VOICE", "CHAT"] as const;
export type Medium = (typeof MEDIA)[number];
/** SOCKET is the open page: nothing is sent to it. */
export type SeenBy = Medium | "SOCKET";
export type SendStatus = "SENT" | "DELIVERED" | "FAILED" | "HELD";
export type Role = "commander" | "volunteer" | "system";

export interface Site {
  lon: number;
  lat: number;
  name: string;
}

export interface Fix {
  lon: number;
  lat: number;
  accuracy_m: number;
  taken_at: Instant;
}

export interface Heads {
  minimum: number;
  desired: number;
  maximum: number;
}

export interface SafetyPlan {
  owner: string;
  measures: string;
}

export interface Travel {
  eta_s: number;
  dist_m: number;
  source: "road" | "estimated";
  mode: Mode;
  /** From alert to moving; `eta_s` runs from moving to on scene. */
  turnout_s: number;
}

export interface Cover {
  policy_id: number;
  insurer: string;
  clause: string;
  hazard: Hazard;
  accident_sum: number;
  medical_sum: number;
  sudden_death_sum: number;
  third_party_sum: number;
  currency: string;
  valid_from_at: Instant;
  valid_until_at: Instant;
  checked_at: Instant;
}

export interface Actor {
  role: Role;
  id: string;
}

// The commander's view

export interface Incident {
  id: Id;
  number: number;
  kind: string;
  title: string;
  description: string;
  site: Site;
  region: string;
  severity: Severity;
  hazard: Hazard;
  status: IncidentStatus;
  opened_at: Instant;
  closed_at: Instant | null;
  exercise: boolean;
  changed_seq: number;
}

export interface Counts {
  asked: number;
  accepted: number;
  en_route: number;
  on_scene: number;
  released: number;
  declined: number;
  expired: number;
  /** Promised a later time and were not asked again since. */
  later: number;
  /** Of all its offers: by some medium, or seen. */
  told: number;
  delivered: number;
  seen: number;
}

/** How far a message came by one medium. */
export interface Told {
  medium: Medium;
  status: SendStatus;
  at: Instant;
  /** Why it is held or failed: QUIET_HOURS, COST_CAP, NO_ADDRESS, or the carrier's word. */
  because: string;
}

/** How far a notice came. */
export interface Notified {
  told: Told[];
  seen_at: Instant | null;
  /** Null where their answer says that they saw it. */
  seen_by: SeenBy | null;
}

/** What somebody who said yes said with it. */
export interface Promised {
  /** When they set out; null for at once. */
  ready_at: Instant | null;
  brings: Means[];
}

export type WaveReason = "PLAN" | "STARTED" | "DECLINED" | "STOOD_DOWN" | "EXPIRED" | "SILENCE";
export type DoubtReason = "UNLIKELY" | "NO_YES" | "NOBODY_LEFT" | "PLANNER_DOWN";

/** How the desk asks; each kind has its own figures. */
export interface AlertPolicy {
  kind: string;
  q?: number;
  beat_s?: number;
  size?: number;
  every_s?: number;
}

/** The desk's own asking for a need. The figures are those of the last wave: null before it. */
export interface Alerting {
  policy: AlertPolicy;
  started_at: Instant;
  waves: number;
  wave_at: Instant | null;
  fill_before: number | null;
  fill: number | null;
  eta_limit_s: number;
  levels_up: number;
  /** Why the last wave was made. */
  because: WaveReason | null;
  doubted: DoubtReason | null;
}

export interface Pin {
  need_id: Id;
  volunteer_id: VolunteerId;
  by: Actor;
  at: Instant;
}

/** Without a need it holds for the whole incident. */
export interface Exclusion {
  incident_id: Id;
  need_id: Id | null;
  volunteer_id: VolunteerId;
  reason: string;
  by: Actor;
  at: Instant;
}

export interface Need {
  id: Id;
  incident_id: Id;
  skill: string;
  level: number;
  heads: Heads;
  hazard: Hazard;
  site: Site;
  region: string;
  deadline_at: Instant;
  ends_at: Instant;
  reach_s: number;
  verified: boolean;
  risk_assessment: string;
  safety_plan: SafetyPlan | null;
  widened: boolean;
  note: string;
  status: NeedStatus;
  added_at: Instant;
  published_at: Instant | null;
  changed_seq: number;
  counts: Counts;
  alerting: Alerting | null;
  pinned: Pin[];
  excluded: Exclusion[];
}

export interface Offer extends Notified, Promised {
  id: Id;
  need_id: Id;
  incident_id: Id;
  volunteer_id: VolunteerId;
  plan_id: Id | null;
  hazard: Hazard;
  status: OfferStatus;
  travel: Travel;
  origin: Site;
  cover: Cover | null;
  made_at: Instant;
  expires_at: Instant;
  /** The round of offers it belongs to; 0 when a commander made it by hand. */
  wave: number;
  answered_at: Instant | null;
  decline_reason: DeclineReason | null;
  comment: string;
  withdrawn_because: string;
}

/** How far the notice came is that of the recall. */
export interface Assignment extends Notified, Promised {
  id: Id;
  offer_id: Id;
  need_id: Id;
  incident_id: Id;
  volunteer_id: VolunteerId;
  status: AssignmentStatus;
  travel: Travel;
  origin: Site | null;
  /** Was told to be inside an active zone. */
  inside: boolean;
  cover: Cover | null;
  fix: Fix | null;
  assigned_at: Instant;
  en_route_at: Instant | null;
  on_scene_at: Instant | null;
  released_at: Instant | null;
  home_at: Instant | null;
  stood_down_at: Instant | null;
  stood_down_because: string;
}

export interface Zone {
  id: Id;
  kind: ZoneKind;
  name: string;
  form: ZoneForm;
  /** Polygons (an outer ring, then holes, not closed), or lines, or points, each alone. */
  parts: LonLat[][][];
  radius_m: number;
  blocks: Mode[];
  /** The speed that is left to the modes that may pass, as a factor. */
  pace: number;
  certainty: Certainty;
  starts_at: Instant | null;
  ends_at: Instant | null;
  /** Its outline crossed itself and was mended. */
  repaired: boolean;
  status: "ACTIVE" | "CLEARED";
  drawn_at: Instant;
  cleared_at: Instant | null;
  /** How many people were told to be inside. */
  warned: number;
}

export interface Weather {
  id: 1;
  rain: Rain;
}

export type PostKind = "ANY" | "EXPERIENCED" | "LEADER" | "SAFETY";

export interface Proposal {
  need_id: Id;
  volunteer_id: VolunteerId;
  travel: Travel;
  origin: Site;
  cover: Cover | null;
  skill: string;
  cost_s: number;
  /** Probability of a yes. */
  accepts: number;
  post: PostKind;
  /** The assignment they accepted and would leave. */
  replaces: Id | null;
}

/** With the rule mended for exactly these people, the best plan leaves `closes` heads fewer open. */
export interface Remedy {
  reason: string;
  volunteer_ids: VolunteerId[];
  closes: number;
  /** The limit REACH asks for. */
  reach_s: number | null;
}

export interface Shortfall {
  need_id: Id;
  missing: number;
  eligible: number;
  competing: number;
  /** Each person once, under the first rule that stops them. */
  refused: Record<string, number>;
  /** People whom only this rule stops. */
  single: Record<string, number>;
  /** Have the skill, or one that may stand in; `held` of them are stopped by a rule. */
  holders: number;
  held: Record<string, number>;
  posts: Partial<Record<PostKind, number>>;
  remedies: Remedy[];
}

/** How sure a plan is of a need: probability that enough arrive by the deadline. */
export interface Fill {
  need_id: Id;
  open: number;
  asked: number;
  asking: number;
  fill: number;
  before: number;
  eta_limit_s: number;
  levels_up: number;
}

/** A pin the plan could not keep; no reasons where no head was open. */
export interface UnkeptPin {
  need_id: Id;
  volunteer_id: VolunteerId;
  reasons: string[];
}

/** So many heads are filled by people who are not what the post asks for. */
export interface Lack {
  need_id: Id;
  post: PostKind;
  heads: number;
}

/** Of a scarce skill's `holders`, `wanted` are kept for the next incident; `used` of those are on
 * needs worth more. */
export interface Kept {
  skill: string;
  holders: number;
  wanted: number;
  used: number;
}

export interface Plan {
  id: Id;
  basis_seq: number;
  need_ids: Id[];
  status: "PROPOSED" | "DISPATCHED" | "SUPERSEDED";
  proposals: Proposal[];
  shortfalls: Shortfall[];
  objective_s: number;
  bound_s: number;
  gap: number;
  solve_ms: number;
  made_at: Instant;
  fills: Fill[];
  unkept: UnkeptPin[];
  lacks: Lack[];
  reserves: Kept[];
}

/** A volunteer who did something today. */
export interface Person {
  id: VolunteerId;
  status: PersonStatus;
  /** Null: nothing was declared today, the roster's standing declaration holds. */
  available: boolean | null;
  on_duty: boolean;
  resting_until: Instant | null;
}

/** A reach test; the numbers are of people. */
export interface ReachTest {
  id: Id;
  name: string;
  started_at: Instant;
  ends_at: Instant;
  ended_at: Instant | null;
  people: number;
  told: number;
  delivered: number;
  seen: number;
}

export interface Entry {
  id: number;
  at: Instant;
  event: string;
  actor: Actor;
  incident_id: Id | null;
  need_id: Id | null;
  volunteer_id: VolunteerId | null;
  text: string | null;
}

export interface CommandKinds {
  incident: Incident;
  need: Need;
  offer: Offer;
  assignment: Assignment;
  zone: Zone;
  weather: Weather;
  plan: Plan;
  person: Person;
  test: ReachTest;
  entry: Entry;
}

// The volunteer's view

export interface Me {
  id: VolunteerId;
  status: PersonStatus;
  /** Null: nothing was declared today, the roster's standing declaration holds. */
  available: boolean | null;
  available_until: Instant | null;
  on_duty: boolean;
  resting_until: Instant | null;
}

export interface TaskIncident {
  number: number;
  kind: string;
  title: string;
  description: string;
  site: Site;
  severity: Severity;
  hazard: Hazard;
  status: IncidentStatus;
}

export interface TaskNeed {
  id: Id;
  skill: string;
  level: number;
  hazard: Hazard;
  site: Site;
  heads: Heads;
  filled: number;
  deadline_at: Instant;
  ends_at: Instant;
  note: string;
  safety_plan: SafetyPlan | null;
}

/** What `notices.see` names, and since when it has been seen. */
export interface Seen {
  notice_id: Id | null;
  seen_at: Instant | null;
}

export interface MyOffer extends Seen, Promised {
  id: Id;
  status: OfferStatus;
  travel: Travel;
  made_at: Instant;
  expires_at: Instant;
  answered_at: Instant | null;
  withdrawn_because: string;
  /** The assignment they would leave for it. */
  replaces: Id | null;
  cover: Cover | null;
  exercise: boolean;
  incident: TaskIncident;
  need: TaskNeed;
}

/** Its notice is that of the recall; null without one. */
export interface MyAssignment extends Seen, Promised {
  id: Id;
  offer_id: Id;
  status: AssignmentStatus;
  travel: Travel;
  cover: Cover | null;
  exercise: boolean;
  incident: TaskIncident;
  need: TaskNeed;
  assigned_at: Instant;
  en_route_at: Instant | null;
  on_scene_at: Instant | null;
  released_at: Instant | null;
  home_at: Instant | null;
  stood_down_at: Instant | null;
  stood_down_because: string;
}

export interface PhoneKinds {
  me: Me;
  offer: MyOffer;
  assignment: MyAssignment;
  warning: Warning;
  test: MyTest;
}

/** A running reach test of which the person is part. */
export interface MyTest extends Seen {
  id: Id;
  name: string;
  ends_at: Instant;
  exercise: boolean;
}

/** A zone the person is inside of, as far as is known. */
export interface Warning extends Seen {
  id: Id;
  exercise: boolean;
  kind: ZoneKind;
  name: string;
  certainty: Certainty;
  drawn_at: Instant;
  ends_at: Instant | null;
}

// Frames

export type Entities = Record<string, readonly { id: Id | number }[]>;
export type Removed = Record<string, readonly (Id | number)[]>;

export interface PositionFix extends Fix {
  volunteer_id: VolunteerId;
}

export interface Snapshot {
  t: "snapshot";
  seq: number;
  log_id: string;
  exercise: boolean;
  now: Instant;
  view: Entities;
}

export interface Replay {
  t: "replay";
  seq: number;
  log_id: string;
  exercise: boolean;
  now: Instant;
  upserts: Entities;
  removed: Removed;
}

export interface Update {
  t: "update";
  seq: number;
  /** Where the update before this one stood: who stands earlier has missed it. */
  after_seq: number;
  upserts: Entities;
  removed: Removed;
}

export type ServerFrame =
  | Snapshot
  | Replay
  | Update
  | { t: "positions"; fixes: PositionFix[] }
  | { t: "pong"; seq: number; after_seq: number; now: Instant }
  | { t: "restarting"; retry_after_s: number };

/** The part of the map that is seen, degrees. */
export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

export type ClientFrame =
  | { t: "hello"; last_seq: number | null; log_id: string | null }
  | { t: "ping" }
  | ({ t: "look" } & Box)
  | { t: "fix"; fix: Fix };

// Reads

export interface Names {
  zh: string;
  en: string;
}

/** One of the map layers to choose from; `tiles` lie one above the other, each on several hosts. */
export interface MapLayer {
  id: string;
  names: Names;
  kind: "roads" | "pmtiles" | "xyz";
  tiles: string[][];
  crs: "wgs84" | "gcj02";
  attribution: string;
  min_zoom: number;
  max_zoom: number;
}

/** Opens the site of a task in a navigation app. */
export interface NavigationLink {
  app: string;
  names: Names;
  url: string;
}

export interface Meta {
  agency: { id: string; names: Names };
  exercise: boolean;
  demo: boolean;
  map: {
    center: LonLat;
    zoom: number;
    bounds: [west: number, south: number, east: number, north: number];
    attribution: string;
    layers: MapLayer[];
  };
  regions: { code: string; parent: string | null; names: Names }[];
  skills: { code: string; names: Names; max_hazard: Hazard }[];
  hazards: { code: Hazard; names: Names; needs_safety_plan: boolean }[];
  incident_kinds: { code: string; names: Names; hazard: Hazard }[];
  /** Whether the region of a place is known by itself. */
  boundaries: boolean;
  currency: string;
}

export type Audience = "command" | "phone";

export interface Session {
  role: Role;
  id: string;
  agency: string;
}

export interface Station {
  code: string;
  names: Names;
  region: string | null;
  lon: number;
  lat: number;
  functions: string;
}

export interface VolunteersHere {
  cells: { lon: number; lat: number; count: number; available: number }[];
  people: {
    id: VolunteerId;
    lon: number;
    lat: number;
    status: PersonStatus;
    inside: boolean;
  }[];
}

/** Personal data: fetched only for people on the screen, because each look is logged. */
export interface PersonCard {
  id: VolunteerId;
  number: string;
  name: string;
  team: string | null;
  phone: string | null;
}

export interface Explanation {
  eligible: boolean;
  reasons: string[];
  travel: Travel | null;
  cover: Cover | null;
}

export interface Myself {
  volunteer_id: VolunteerId;
  number: string;
  name: string;
  team: string | null;
  tier: string;
  status: string;
  skills: {
    code: string;
    level: number;
    until_on: string | null;
    verified: boolean;
    expired: boolean;
  }[];
  covers: { insurer: string; clause: string; hazards: Hazard[]; until_on: string | null }[];
  missing: string[];
}

export interface Route {
  line: LonLat[];
  eta_s: number;
  dist_m: number;
  source: "road" | "estimated";
  steps: Step[];
}

export type Instruction =
  | "DEPART"
  | "CONTINUE"
  | "SLIGHT_LEFT"
  | "LEFT"
  | "SHARP_LEFT"
  | "SLIGHT_RIGHT"
  | "RIGHT"
  | "SHARP_RIGHT"
  | "UTURN"
  | "WALK"
  | "ARRIVE";

/** At `point` do this, then follow `road` ("" without a name). */
export interface Step {
  instruction: Instruction;
  road: string;
  dist_m: number;
  eta_s: number;
  point: LonLat;
}

/** How a volunteer wants to be told; null follows the roster and the agency. */
export interface Contact {
  language: "zh" | "en" | null;
  /** Local time, as `22:00`. */
  quiet_from: string | null;
  quiet_until: string | null;
}

export interface Team {
  id: number;
  name: string;
  members: number;
}

export type ReachStatus = "SEEN" | "DELIVERED" | "SENT" | "WAITING" | "FAILED" | "NO_ADDRESS";

/** Who was reached how soon. */
export interface ReachReport {
  media: Record<SeenBy, { told: number; delivered: number; seen: number; failed: number }>;
  told: number;
  delivered: number;
  seen: number;
  median_s: number | null;
  people: {
    id: VolunteerId;
    number: string;
    name: string;
    team: string | null;
    status: ReachStatus;
    by: SeenBy | null;
    after_s: number | null;
  }[];
}

/** One offer as its link shows it. */
export interface AskedByLink {
  offer: MyOffer;
  language: "zh" | "en";
  exercise: boolean;
  agency: { id: string; names: Names };
  /** Of what the offer's codes mean. */
  names: { skill: Names; kind: Names; hazard: Names };
  now: Instant;
}

// Actions

export interface Made {
  incident?: Id;
  need?: Id;
  plan?: Id;
  zone?: Id;
  offers?: Id[];
  assignment?: Id;
  test?: Id;
}

export interface Answer {
  seq: number;
  ids: Made;
  repeated: boolean;
}

export interface NeedFields {
  heads: Heads;
  deadline_at: Instant;
  ends_at: Instant;
  reach_s: number;
  verified: boolean;
  risk_assessment: string;
  safety_plan?: SafetyPlan;
  note: string;
}

export type CommandAction =
  | {
      kind: "incident.open";
      incident_kind: string;
      title: string;
      site: Site;
      region: string | null;
      severity: Severity;
      hazard: Hazard;
      description: string;
    }
  | {
      kind: "incident.update";
      incident_id: Id;
      seen_seq: number;
      title?: string;
      description?: string;
      site?: Site;
      severity?: Severity;
      hazard?: Hazard;
    }
  | { kind: "incident.close"; incident_id: Id; seen_seq: number; reason: string }
  | ({
      kind: "need.add";
      incident_id: Id;
      skill: string;
      level: number;
      hazard?: Hazard;
      publish: boolean;
    } & NeedFields)
  | ({
      kind: "need.update";
      need_id: Id;
      seen_seq: number;
      widened?: boolean;
    } & Partial<NeedFields>)
  | { kind: "need.publish"; need_id: Id; seen_seq: number }
  | { kind: "need.close"; need_id: Id; seen_seq: number; reason: string }
  | { kind: "plan.make" }
  | { kind: "plan.dispatch"; plan_id: Id; need_ids?: Id[]; alert: boolean }
  | { kind: "alert.start"; need_ids: Id[] }
  | { kind: "alert.stop"; need_id: Id; reason: string }
  | { kind: "pair.pin"; need_id: Id; volunteer_id: VolunteerId }
  | {
      kind: "pair.exclude";
      need_id: Id;
      volunteer_id: VolunteerId;
      reason: string;
      whole_incident: boolean;
    }
  | { kind: "pair.free"; need_id: Id; volunteer_id: VolunteerId; whole_incident: boolean }
  | { kind: "offer.make"; need_id: Id; volunteer_ids: VolunteerId[] }
  | { kind: "offer.withdraw"; offer_id: Id; reason: string }
  | { kind: "assignment.release"; assignment_id: Id }
  | { kind: "assignment.stand_down"; assignment_id: Id; reason: string }
  | { kind: "note.add"; text: string; incident_id?: Id }
  | { kind: "reach_test.start"; name: string; volunteer_ids: VolunteerId[]; minutes: number }
  | { kind: "reach_test.end"; test_id: Id }
  | ({ kind: "zone.draw"; zone_kind: ZoneKind; name: string } & Pick<
      Zone,
      "form" | "parts" | "radius_m" | "blocks" | "pace" | "certainty" | "starts_at" | "ends_at"
    >)
  | { kind: "weather.rain"; rain: Rain }
  | { kind: "zone.clear"; zone_id: Id };

export type PhoneAction =
  | { kind: "availability.set"; available: boolean; until_at?: Instant }
  | { kind: "duty.check_in"; fix?: Fix }
  | { kind: "duty.check_out" }
  | { kind: "offer.accept"; offer_id: Id; seen_seq?: number; fix?: Fix; brings?: Means[] }
  | {
      kind: "offer.later";
      offer_id: Id;
      ready_in_s: number;
      brings: Means[];
      comment: string;
    }
  | { kind: "offer.decline"; offer_id: Id; reason: DeclineReason; comment?: string }
  | { kind: "notices.see"; notice_ids: Id[] }
  | { kind: "assignment.depart"; assignment_id: Id; fix?: Fix }
  | { kind: "assignment.arrive"; assignment_id: Id; fix?: Fix }
  | { kind: "assignment.release"; assignment_id: Id }
  | { kind: "assignment.home"; assignment_id: Id };
