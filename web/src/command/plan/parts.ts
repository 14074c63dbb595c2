// The plan need by need. Pure; no DOM, no clock.

import type {
  Fill,
  Id,
  Incident,
  Lack,
  Need,
  Offer,
  Plan,
  Proposal,
  Shortfall,
  Travel,
  UnkeptPin,
} from "../../shared/wire";
import { groupBy, taken, type BoardItem } from "../select";

export interface PlanPart {
  need: Need;
  incident: Incident;
  /** Not asked yet under this plan, the soonest there first. */
  proposals: Proposal[];
  /** Asked under this plan. */
  asked: number;
  fill: Fill | null;
  shortfall: Shortfall | null;
  unkept: UnkeptPin[];
  lacks: Lack[];
}

/** From alert to on scene. */
export const responseS = (travel: Travel): number => travel.turnout_s + travel.eta_s;

/** The selected incident first, then the board's order. */
export function planParts(
  plan: Plan,
  items: readonly BoardItem[],
  offers: readonly Offer[],
  selected: Id | null,
): PlanPart[] {
  const wanted = new Set([
    ...plan.need_ids,
    ...[plan.proposals, plan.shortfalls, plan.unkept].flatMap((of) => of.map((x) => x.need_id)),
  ]);
  const byNeed = groupBy(plan.proposals, (p) => p.need_id);
  const of = <T extends { need_id: Id }>(list: readonly T[], need: Need) =>
    list.find((x) => x.need_id === need.id) ?? null;
  const done = new Set(
    offers.filter((o) => o.plan_id === plan.id).map((o) => `${o.need_id} ${o.volunteer_id}`),
  );
  const first = (item: BoardItem) => (item.incident.id === selected ? 0 : 1);
  return [...items]
    .sort((a, b) => first(a) - first(b))
    .flatMap(({ incident, needs }) =>
      needs
        .filter((need) => wanted.has(need.id))
        .map((need) => {
          const all = (byNeed.get(need.id) ?? []).sort(
            (a, b) => responseS(a.travel) - responseS(b.travel),
          );
          const left = all.filter((p) => !done.has(`${p.need_id} ${p.volunteer_id}`));
          // The desk asks nobody for a need that was filled since.
          const proposals = taken(need.counts) < need.heads.desired ? left : [];
          return {
            need,
            incident,
            proposals,
            asked: all.length - left.length,
            fill: of(plan.fills, need),
            shortfall: of(plan.shortfalls, need),
            unkept: plan.unkept.filter((pin) => pin.need_id === need.id),
            lacks: plan.lacks.filter((lack) => lack.need_id === need.id),
          };
        }),
    );
}

/** Whether the plan has something to say about the need. */
export const says = (part: PlanPart): boolean =>
  part.proposals.length > 0 ||
  part.asked > 0 ||
  part.unkept.length > 0 ||
  part.lacks.length > 0 ||
  (part.shortfall?.missing ?? 0) > 0;

/** The mean probability of a yes. */
export const meanAccepts = (proposals: readonly Proposal[]): number =>
  proposals.reduce((sum, p) => sum + p.accepts, 0) / Math.max(1, proposals.length);

/** Counted codes, most frequent first. */
export function ranked(
  counts: Readonly<Partial<Record<string, number>>>,
): [code: string, count: number][] {
  return Object.entries(counts)
    .map(([code, count]): [string, number] => [code, count ?? 0])
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
