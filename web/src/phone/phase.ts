// Which one of the states the phone shows. Pure: the view in, one state out.

import type { Id, Instant, Me, MyAssignment, MyOffer, MyTest, Seen } from "../shared/wire";

export type Phase =
  | { name: "loading" }
  | { name: "offer"; offer: MyOffer; others: number; leaves: MyAssignment | null }
  | { name: "task"; assignment: MyAssignment }
  | { name: "home"; assignment: MyAssignment }
  | { name: "ended"; why: Ending; offer: MyOffer | null; assignment: MyAssignment | null }
  | { name: "test"; test: MyTest }
  | { name: "idle"; me: Me };

export type Ending = "DONE" | "STOOD_DOWN" | "WITHDRAWN" | "EXPIRED" | "LATER";

const WORKING = new Set(["RESERVED", "ASSIGNED", "EN_ROUTE", "ON_SCENE"]);
/** An ended offer or task is thanked for this long; after that it is history. */
const RECENT_MS = 12 * 3_600_000;

export interface PhoneView {
  me: Me | undefined;
  offers: readonly MyOffer[];
  assignments: readonly MyAssignment[];
  tests: readonly MyTest[];
}

/** Names a test whose thanks were read. */
export const testKey = (test: MyTest): string => `test ${test.id}`;

/** Names one ending, so that a person sees it once. */
export const endingKey = (phase: Phase): string | null =>
  phase.name === "ended" ? `${phase.why} ${(phase.assignment ?? phase.offer)?.id ?? ""}` : null;

export function phaseOf(view: PhoneView, nowMs: number, seen: ReadonlySet<string>): Phase {
  if (!view.me) return { name: "loading" };
  const working = view.assignments.find((a) => WORKING.has(a.status));
  const open = openOffers(view.offers, nowMs);
  // Who has not left yet may be called to a task where they are needed more.
  const call = open.find((o) => working?.status === "ASSIGNED" && o.replaces === working.id);
  if (working && !call) return { name: "task", assignment: working };
  const offer = call ?? open[0];
  if (offer) return { name: "offer", offer, others: open.length - 1, leaves: working ?? null };
  const returning = view.assignments.find((a) => isReturning(a));
  if (returning) return { name: "home", assignment: returning };
  const test = view.tests.find((t) => Date.parse(t.ends_at) > nowMs && !seen.has(testKey(t)));
  if (test) return { name: "test", test };
  const ended = lastEnding(view, nowMs);
  if (ended && !seen.has(endingKey(ended) ?? "")) return ended;
  return { name: "idle", me: view.me };
}

/** What these things in front of the person tell them that they have not seen before. */
export const unseen = (shown: readonly (Seen | null)[]): Id[] =>
  shown.flatMap((of) => (of?.notice_id && of.seen_at === null ? [of.notice_id] : []));

/** What a state puts in front of the person; a test is seen when they say so. */
export function shownIn(phase: Phase): (Seen | null)[] {
  switch (phase.name) {
    case "offer":
      return [phase.offer];
    case "home":
      return [phase.assignment];
    case "ended":
      return [phase.offer, phase.assignment];
    default:
      return [];
  }
}

/** Most urgent first. */
export function openOffers(offers: readonly MyOffer[], nowMs: number): MyOffer[] {
  return offers
    .filter((offer) => offer.status === "OPEN" && Date.parse(offer.expires_at) > nowMs)
    .sort((a, b) => Date.parse(a.expires_at) - Date.parse(b.expires_at));
}

/** Cover runs until the person is home, also after being turned back on the way. */
function isReturning(a: MyAssignment): boolean {
  if (a.home_at !== null) return false;
  return a.status === "RELEASED" || (a.status === "STOOD_DOWN" && a.en_route_at !== null);
}

function lastEnding(view: PhoneView, nowMs: number): Extract<Phase, { name: "ended" }> | null {
  const endings: { at: number; phase: Extract<Phase, { name: "ended" }> }[] = [];
  const add = (
    at: Instant | null,
    why: Ending,
    of: Partial<Pick<PhoneEnd, "offer" | "assignment">>,
  ) => {
    const ms = at === null ? NaN : Date.parse(at);
    if (nowMs - ms < RECENT_MS) {
      endings.push({ at: ms, phase: { name: "ended", why, offer: null, assignment: null, ...of } });
    }
  };
  for (const assignment of view.assignments) {
    if (assignment.status === "STOOD_DOWN") {
      add(assignment.home_at ?? assignment.stood_down_at, "STOOD_DOWN", { assignment });
    } else if (assignment.status === "HOME") {
      add(assignment.home_at, "DONE", { assignment });
    }
  }
  for (const offer of view.offers) {
    if (offer.status === "DECLINED" && offer.ready_at !== null) {
      add(offer.answered_at, "LATER", { offer });
    } else if (offer.status === "WITHDRAWN")
      add(offer.answered_at ?? offer.expires_at, "WITHDRAWN", { offer });
    else if (offer.status === "EXPIRED" || offer.status === "OPEN") {
      // Open but past its time: the server will say so in a moment.
      add(offer.expires_at, "EXPIRED", { offer });
    }
  }
  endings.sort((a, b) => b.at - a.at);
  return endings[0]?.phase ?? null;
}

interface PhoneEnd {
  offer: MyOffer | null;
  assignment: MyAssignment | null;
}

/** What the person declared, while it holds; null when the registered times decide. */
export function declared(me: Me, nowMs: number): boolean | null {
  const over = me.available_until !== null && Date.parse(me.available_until) <= nowMs;
  return over ? null : me.available;
}

/** The four steps of a task and how far it has come. */
export const STEPS = ["ASSIGNED", "EN_ROUTE", "ON_SCENE", "RELEASED"] as const;
export type Step = (typeof STEPS)[number];

export function stepIndex(assignment: MyAssignment): number {
  const status = assignment.status === "RESERVED" ? "ASSIGNED" : assignment.status;
  const index = STEPS.indexOf(status as Step);
  return index < 0 ? STEPS.length - 1 : index;
}

export type Alarm = "offer" | "stand-down" | "test";

/** What deserves a sound, comparing the picture before with the picture now. */
export function alarmFor(before: PhoneView, now: PhoneView, nowMs: number): Alarm | null {
  const known = new Set(before.offers.map((offer) => offer.id));
  const turned = now.assignments.some((a) => {
    const was = before.assignments.find((b) => b.id === a.id);
    // Who moved to another task said so themselves.
    return (
      a.status === "STOOD_DOWN" &&
      a.stood_down_because !== "MOVED" &&
      was !== undefined &&
      was.status !== "STOOD_DOWN"
    );
  });
  if (turned) return "stand-down";
  const fresh = openOffers(now.offers, nowMs).some((offer) => !known.has(offer.id));
  if (fresh) return "offer";
  const tests = new Set(before.tests.map((test) => test.id));
  return now.tests.some((test) => !tests.has(test.id)) ? "test" : null;
}
