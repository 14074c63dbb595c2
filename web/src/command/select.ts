// What the panels show, computed from entities. Pure; no DOM, no clock.

import type {
  Assignment,
  AssignmentStatus,
  Counts,
  Entry,
  Id,
  Incident,
  Need,
  Offer,
  OfferStatus,
  Person,
  Plan,
  VolunteerId,
} from "../shared/wire";

export type Filter = "open" | "mine" | "short" | "closed";
export const FILTERS: readonly Filter[] = ["open", "mine", "short", "closed"];

const SEVERITY_ORDER = { I: 0, II: 1, III: 2, IV: 3 } as const;

export interface Fill {
  asked: number;
  taken: number;
  minimum: number;
  desired: number;
}

export interface BoardItem {
  incident: Incident;
  needs: Need[];
  fill: Fill;
}

/** People who have said yes and are not done: they count against the heads of a need. */
export const taken = (counts: Counts): number =>
  counts.accepted + counts.en_route + counts.on_scene;

export function fillOf(needs: readonly Need[]): Fill {
  const fill: Fill = { asked: 0, taken: 0, minimum: 0, desired: 0 };
  for (const need of needs) {
    if (need.status !== "PUBLISHED") continue;
    fill.asked += need.counts.asked;
    // Too many at one need do not fill another one.
    fill.taken += Math.min(taken(need.counts), need.heads.desired);
    fill.minimum += need.heads.minimum;
    fill.desired += need.heads.desired;
  }
  return fill;
}

export function fillShare(fill: Fill): number {
  return fill.desired === 0 ? 0 : Math.min(1, fill.taken / fill.desired);
}

export function groupBy<T>(items: readonly T[], key: (item: T) => Id): Map<Id, T[]> {
  const groups = new Map<Id, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

/** Worst first, then oldest first; needs in the order they were added. */
export function board(incidents: readonly Incident[], needs: readonly Need[]): BoardItem[] {
  const byIncident = groupBy(needs, (need) => need.incident_id);
  return incidents
    .map((incident) => {
      const own = (byIncident.get(incident.id) ?? []).sort(
        (a, b) => Date.parse(a.added_at) - Date.parse(b.added_at) || (a.id < b.id ? -1 : 1),
      );
      return { incident, needs: own, fill: fillOf(own) };
    })
    .sort(
      (a, b) =>
        SEVERITY_ORDER[a.incident.severity] - SEVERITY_ORDER[b.incident.severity] ||
        Date.parse(a.incident.opened_at) - Date.parse(b.incident.opened_at) ||
        a.incident.number - b.incident.number,
    );
}

export const isShort = ({ fill }: BoardItem): boolean => fill.taken < fill.desired;

export function filtered(
  items: readonly BoardItem[],
  filter: Filter,
  mine: ReadonlySet<Id>,
): BoardItem[] {
  const open = items.filter((item) => item.incident.status === "OPEN");
  switch (filter) {
    case "open":
      return open;
    case "mine":
      return open.filter((item) => mine.has(item.incident.id));
    case "short":
      return open.filter(isShort);
    case "closed":
      return items
        .filter((item) => item.incident.status === "CLOSED")
        .sort((a, b) => closedMs(b) - closedMs(a));
  }
}

const closedMs = ({ incident }: BoardItem): number => Date.parse(incident.closed_at ?? "") || 0;

/** Incidents this account acted on: those it will be asked about. */
export function touchedBy(entries: readonly Entry[], account: string): Id[] {
  return entries
    .filter((entry) => entry.actor.role === "commander" && entry.actor.id === account)
    .map((entry) => entry.incident_id)
    .filter((id): id is Id => id !== null);
}

/** The number after or before `current` in the list as shown; the first one when none is. */
export function neighbour(
  items: readonly BoardItem[],
  current: number | null,
  step: 1 | -1,
): number | null {
  if (items.length === 0) return null;
  const at = items.findIndex((item) => item.incident.number === current);
  if (at < 0) return items[step === 1 ? 0 : items.length - 1]!.incident.number;
  return items[(at + step + items.length) % items.length]!.incident.number;
}

// People of one need

export type RowStatus = OfferStatus | AssignmentStatus;

export interface PersonRow {
  volunteer: VolunteerId;
  offer: Offer | null;
  assignment: Assignment | null;
  status: RowStatus;
  /** Since when the status holds. */
  since: string;
  active: boolean;
}

const ROW_ORDER: readonly RowStatus[] = [
  "ON_SCENE",
  "EN_ROUTE",
  "ASSIGNED",
  "RESERVED",
  "OPEN",
  "RELEASED",
  "HOME",
  "STOOD_DOWN",
  "DECLINED",
  "EXPIRED",
  "WITHDRAWN",
];
const ACTIVE: ReadonlySet<RowStatus> = new Set(ROW_ORDER.slice(0, 5));

/** One line per person asked for a need: the assignment when there is one, else the offer. */
export function personRows(
  offers: readonly Offer[],
  assignments: readonly Assignment[],
): PersonRow[] {
  const byOffer = new Map(assignments.map((a) => [a.offer_id, a]));
  const rows = offers.map((offer) => row(offer, byOffer.get(offer.id) ?? null));
  const known = new Set(offers.map((offer) => offer.id));
  for (const assignment of assignments) {
    if (!known.has(assignment.offer_id)) rows.push(row(null, assignment));
  }
  return rows.sort(
    (a, b) =>
      ROW_ORDER.indexOf(a.status) - ROW_ORDER.indexOf(b.status) ||
      etaOf(a) - etaOf(b) ||
      a.volunteer - b.volunteer,
  );
}

const etaOf = (r: PersonRow): number => (r.assignment ?? r.offer)?.travel.eta_s ?? Infinity;

function row(offer: Offer | null, assignment: Assignment | null): PersonRow {
  const status: RowStatus = assignment?.status ?? offer?.status ?? "OPEN";
  const since = assignment ? assignmentSince(assignment) : offerSince(offer);
  const volunteer = assignment?.volunteer_id ?? offer?.volunteer_id ?? 0;
  return { volunteer, offer, assignment, status, since, active: ACTIVE.has(status) };
}

function assignmentSince(a: Assignment): string {
  const at: Record<AssignmentStatus, string | null> = {
    RESERVED: a.assigned_at,
    ASSIGNED: a.assigned_at,
    EN_ROUTE: a.en_route_at,
    ON_SCENE: a.on_scene_at,
    RELEASED: a.released_at,
    HOME: a.home_at,
    STOOD_DOWN: a.stood_down_at,
  };
  return at[a.status] ?? a.assigned_at;
}

function offerSince(offer: Offer | null): string {
  return offer?.answered_at ?? offer?.made_at ?? "";
}

/** How many people an end of this would reach: those asked and those who may be stood down. */
export function affected(rows: readonly PersonRow[]): { asked: number; going: number; on: number } {
  const of = (...statuses: RowStatus[]) => rows.filter((r) => statuses.includes(r.status)).length;
  return {
    asked: of("OPEN"),
    going: of("RESERVED", "ASSIGNED", "EN_ROUTE"),
    on: of("ON_SCENE"),
  };
}

// The plan

export function latestPlan(plans: readonly Plan[]): Plan | null {
  return plans.reduce<Plan | null>(
    (best, plan) => (!best || Date.parse(plan.made_at) >= Date.parse(best.made_at) ? plan : best),
    null,
  );
}

// The timeline

/** The newest of a run of entries that say the same of different people. */
export interface Line {
  entry: Entry;
  count: number;
}

const same = (a: Entry, b: Entry): boolean =>
  a.event === b.event &&
  a.need_id === b.need_id &&
  a.text === b.text &&
  a.actor.role === b.actor.role &&
  a.volunteer_id !== null &&
  b.volunteer_id !== null;

/** Newest first; asking or thanking thirty people at once is one line. */
export function timelineLines(entries: readonly Entry[]): Line[] {
  const lines: Line[] = [];
  for (const entry of [...entries].sort((a, b) => b.id - a.id)) {
    const last = lines.at(-1);
    if (last && same(last.entry, entry)) last.count += 1;
    else lines.push({ entry, count: 1 });
  }
  return lines;
}

// Search

export interface Hit {
  kind: "incident" | "need" | "person";
  incident: Incident;
  title: string;
  detail: string;
  /** Whom a hit on a person is about. */
  volunteer?: VolunteerId;
}

export interface SearchTexts {
  need: (need: Need) => string;
  kind: (incident: Incident) => string;
  /** Names already on the screen; nobody is looked up for a search. */
  people: readonly { volunteer: VolunteerId; incident: Id; name: string; number: string }[];
}

export function search(
  query: string,
  items: readonly BoardItem[],
  texts: SearchTexts,
  limit = 12,
): Hit[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const matches = (...parts: string[]) => {
    const text = parts.join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const hits: Hit[] = [];
  const byId = new Map(items.map((item) => [item.incident.id, item.incident]));
  for (const { incident, needs } of items) {
    const kind = texts.kind(incident);
    const name = `#${incident.number} ${incident.title}`;
    if (matches(name, incident.site.name, kind, incident.description)) {
      hits.push({ kind: "incident", incident, title: name, detail: incident.site.name || kind });
    }
    for (const need of needs) {
      const text = texts.need(need);
      if (matches(text, need.note)) {
        hits.push({ kind: "need", incident, title: text, detail: name });
      }
    }
  }
  for (const person of texts.people) {
    const incident = byId.get(person.incident);
    if (incident && matches(person.name, person.number)) {
      const title = `${person.name} · ${person.number}`;
      hits.push({ kind: "person", incident, title, detail: incident.title });
    }
  }
  return hits.slice(0, limit);
}

/** Today's people by status, for the overview. */
export function peopleByStatus(people: readonly Person[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const person of people) counts.set(person.status, (counts.get(person.status) ?? 0) + 1);
  return counts;
}
