// Turning the plan on the screen into offers: asks once, naming the number of people alerted.

import type { Id } from "../../shared/wire";
import { app } from "../app.svelte";
import { t } from "../texts.svelte";
import { planParts, type PlanPart } from "./parts";
import { p } from "./texts.svelte";

/** The plan's parts as shown; empty without a plan. */
export function shownParts(): PlanPart[] {
  const { plan } = app;
  if (!plan) return [];
  return planParts(plan, app.items, app.view.all("offer"), app.selected?.incident.id ?? null);
}

/** What a dispatch of all that is ticked, or of `only` one need, would alert. */
export function dispatchable(only?: Id): { parts: PlanPart[]; people: number; whole: boolean } {
  const all = shownParts().filter((part) => part.proposals.length > 0);
  const parts = all.filter(
    ({ need }) =>
      need.status === "PUBLISHED" &&
      (only === undefined ? !app.leftOut.has(need.id) : need.id === only),
  );
  const people = parts.reduce((sum, part) => sum + part.proposals.length, 0);
  return { parts, people, whole: parts.length === all.length };
}

export async function dispatchPlan(only?: Id): Promise<void> {
  const { plan } = app;
  if (app.planningSince !== null || app.form) return;
  // D without a review on the screen shows it first: nobody is alerted unseen.
  if (!app.shown.plan || !plan) {
    app.show({ ...app.shown, plan: true });
    return;
  }
  const { parts, people, whole } = dispatchable(only);
  if (people === 0 || plan.status === "SUPERSEDED") {
    app.planProblem = {
      code: plan.status === "SUPERSEDED" ? "PLAN_SUPERSEDED" : "NOTHING_TO_OFFER",
      params: {},
      message: "",
    };
    return;
  }
  const yes = await app.ask({
    title: p().dispatchAsk(people),
    body: p().dispatchBody(people, parts.length, app.goOn),
    confirm: `${t().dispatch} · ${t().people(people)}`,
    danger: false,
  });
  if (!yes) return;
  const result = await app.act({
    kind: "plan.dispatch",
    plan_id: plan.id,
    alert: app.goOn,
    ...(whole ? {} : { need_ids: parts.map((part) => part.need.id) }),
  });
  if ("problem" in result) {
    app.planProblem = result.problem;
    return;
  }
  app.planProblem = null;
  app.toasts.say(p().dispatched(result.answer.ids.offers?.length ?? people));
  if (whole && only === undefined) app.show({ ...app.shown, plan: false });
}
