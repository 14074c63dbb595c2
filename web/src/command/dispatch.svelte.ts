// Turning the plan on the screen into offers: asks once, naming the number of people alerted.

import { app } from "./app.svelte";
import { planParts, type PlanPart } from "./select";
import { t } from "./texts.svelte";

/** The plan's parts as shown; empty without a plan. */
export function shownParts(): PlanPart[] {
  const { plan } = app;
  if (!plan) return [];
  return planParts(plan, app.items, app.view.all("offer"), app.selected?.incident.id ?? null);
}

const askable = (part: PlanPart): boolean =>
  part.proposals.length > 0 && part.need.status === "PUBLISHED" && !app.leftOut.has(part.need.id);

export function dispatchable(): { parts: PlanPart[]; people: number; whole: boolean } {
  const all = shownParts().filter((part) => part.proposals.length > 0);
  const parts = all.filter(askable);
  const people = parts.reduce((sum, part) => sum + part.proposals.length, 0);
  return { parts, people, whole: parts.length === all.length };
}

export async function dispatchPlan(): Promise<void> {
  const { plan } = app;
  if (app.planningSince !== null || app.form) return;
  // D without a review on the screen shows it first: nobody is alerted unseen.
  if (!app.shown.plan || !plan) {
    app.show({ ...app.shown, plan: true });
    return;
  }
  const { parts, people, whole } = dispatchable();
  if (people === 0 || plan.status === "SUPERSEDED") {
    app.planProblem = {
      code: plan.status === "SUPERSEDED" ? "PLAN_SUPERSEDED" : "NOTHING_TO_OFFER",
      params: {},
      message: "",
    };
    return;
  }
  const yes = await app.ask({
    title: t().dispatchAsk(people),
    body: t().dispatchBody(people, parts.length),
    confirm: `${t().dispatch} · ${t().people(people)}`,
    danger: false,
  });
  if (!yes) return;
  const result = await app.act({
    kind: "plan.dispatch",
    plan_id: plan.id,
    ...(whole ? {} : { need_ids: parts.map((part) => part.need.id) }),
  });
  if ("problem" in result) {
    app.planProblem = result.problem;
    return;
  }
  app.planProblem = null;
  app.toasts.say(t().dispatched(result.answer.ids.offers?.length ?? people));
  app.show({ ...app.shown, plan: false });
}
