// What the planner is asked about one need: who else might come, and why somebody does not.

import { get } from "../../shared/http";
import type { Cover, Id, PersonCard, Travel, VolunteerId } from "../../shared/wire";
import type { Finding } from "./findings";

/** What `cost_s` adds up from, by the terms' names. */
export type Terms = Record<string, number>;

export interface Alternative {
  volunteer_id: VolunteerId;
  travel: Travel;
  skill: string;
  accepts: number;
  cost_s: number;
  terms_s: Terms;
  /** The least by which the whole plan becomes dearer with them there. */
  loss_s: number;
  /** Where the plan has them now. */
  plan_need_id: Id | null;
}

/** Part of a ranking of `of` people, counted from `after`. */
export interface Alternatives {
  need_id: Id;
  after: number;
  of: number;
  people: Alternative[];
}

export type Outcome =
  "UNKNOWN" | "STOPPED" | "CHOSEN" | "PINNED" | "ELSEWHERE" | "DEARER" | "FILLED";

/** What the best plan makes of a person, `ahead` of whom it would rather have so many others. */
export interface Why {
  verdict: { reasons: string[]; cover: Cover | null; travel: Travel | null };
  findings: Finding[];
  outcome: Outcome;
  plan_need_id: Id | null;
  cost_s: number | null;
  terms_s: Terms;
  ahead: number | null;
  loss_s: number | null;
}

const PAGE = 20;
/** The planner may have to match everything again before it can answer. */
const TIMEOUT_MS = 60_000;

export const alternatives = (need: Id, after: number): Promise<Alternatives> =>
  get(`/api/command/alternatives?need_id=${need}&after=${after}&limit=${PAGE}`, TIMEOUT_MS);

export const why = (need: Id, volunteer: VolunteerId): Promise<Why> =>
  get(`/api/command/explain?need_id=${need}&volunteer_id=${volunteer}`, TIMEOUT_MS);

/** People whose name, number or phone starts so; each look is logged. */
export const peopleStarting = (start: string): Promise<{ people: PersonCard[] }> =>
  get(`/api/command/people/search?${new URLSearchParams({ start }).toString()}`);
