// What the forms hold and what they send. Pure, so that the rules of the forms are tested.

import { millis } from "../shared/format";
import type {
  CommandAction,
  Hazard,
  Heads,
  Incident,
  Meta,
  Need,
  NeedFields,
} from "../shared/wire";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Needs this large want a safety plan whatever their hazard (the desk has the same number). */
export const LARGE_NEED = 50;

export interface NeedDraft {
  skill: string;
  level: number;
  hazard: Hazard;
  minimum: number;
  desired: number;
  maximum: number;
  /** Null keeps what is stored. */
  deadlineMin: number | null;
  hours: number | null;
  reachMin: number;
  verified: boolean;
  risk: string;
  owner: string;
  measures: string;
  note: string;
  publish: boolean;
}

export function newNeedDraft(incident: Incident): NeedDraft {
  return {
    skill: "",
    level: 1,
    hazard: incident.hazard,
    minimum: 1,
    desired: 2,
    maximum: 4,
    deadlineMin: 60,
    hours: 6,
    reachMin: 60,
    verified: false,
    risk: "",
    owner: "",
    measures: "",
    note: "",
    publish: true,
  };
}

export function draftOf(need: Need): NeedDraft {
  return {
    skill: need.skill,
    level: need.level,
    hazard: need.hazard,
    ...need.heads,
    deadlineMin: null,
    hours: null,
    reachMin: Math.round(need.reach_s / 60),
    verified: need.verified,
    risk: need.risk_assessment,
    owner: need.safety_plan?.owner ?? "",
    measures: need.safety_plan?.measures ?? "",
    note: need.note,
    publish: need.status === "PUBLISHED",
  };
}

/** Hard rule 8: these needs are published only with a risk assessment and a safety plan. */
export function needsSafetyPlan(draft: NeedDraft, meta: Meta): boolean {
  const hazard = meta.hazards.find(({ code }) => code === draft.hazard);
  return (hazard?.needs_safety_plan ?? true) || draft.maximum >= LARGE_NEED;
}

export const headsInOrder = ({ minimum, desired, maximum }: Heads): boolean =>
  1 <= minimum && minimum <= desired && desired <= maximum;

const safetyPlan = (draft: NeedDraft) =>
  draft.owner.trim() && draft.measures.trim()
    ? { safety_plan: { owner: draft.owner.trim(), measures: draft.measures.trim() } }
    : {};

const iso = (ms: number): string =>
  new Date(Math.round(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");

export function addNeed(draft: NeedDraft, incident: Incident, nowMs: number): CommandAction {
  const deadline = nowMs + (draft.deadlineMin ?? 60) * MINUTE_MS;
  return {
    kind: "need.add",
    incident_id: incident.id,
    skill: draft.skill,
    level: draft.level,
    ...(draft.hazard === incident.hazard ? {} : { hazard: draft.hazard }),
    heads: { minimum: draft.minimum, desired: draft.desired, maximum: draft.maximum },
    deadline_at: iso(deadline),
    ends_at: iso(deadline + (draft.hours ?? 6) * HOUR_MS),
    reach_s: draft.reachMin * 60,
    verified: draft.verified,
    risk_assessment: draft.risk.trim(),
    ...safetyPlan(draft),
    note: draft.note.trim(),
    publish: draft.publish,
  };
}

/** Only what differs from the stored need; null when nothing does. */
export function updateNeed(
  draft: NeedDraft,
  need: Need,
  seenSeq: number,
  nowMs: number,
): CommandAction | null {
  const changes: Partial<NeedFields> = {};
  const heads = { minimum: draft.minimum, desired: draft.desired, maximum: draft.maximum };
  if (JSON.stringify(heads) !== JSON.stringify(pickHeads(need.heads))) changes.heads = heads;
  const deadline =
    draft.deadlineMin === null ? millis(need.deadline_at) : nowMs + draft.deadlineMin * MINUTE_MS;
  if (draft.deadlineMin !== null) changes.deadline_at = iso(deadline);
  if (draft.hours !== null) changes.ends_at = iso(deadline + draft.hours * HOUR_MS);
  if (draft.reachMin !== Math.round(need.reach_s / 60)) changes.reach_s = draft.reachMin * 60;
  if (draft.verified !== need.verified) changes.verified = draft.verified;
  if (draft.risk.trim() !== need.risk_assessment) changes.risk_assessment = draft.risk.trim();
  const { safety_plan: plan } = safetyPlan(draft);
  if (
    plan &&
    (plan.owner !== need.safety_plan?.owner || plan.measures !== need.safety_plan.measures)
  ) {
    changes.safety_plan = plan;
  }
  if (draft.note.trim() !== need.note) changes.note = draft.note.trim();
  if (Object.keys(changes).length === 0) return null;
  return { kind: "need.update", need_id: need.id, seen_seq: seenSeq, ...changes };
}

const pickHeads = ({ minimum, desired, maximum }: Heads): Heads => ({ minimum, desired, maximum });
