// Shorthands for the texts of the plan's panels. Both languages come with the panels, which are
// loaded when first wanted.

import { money } from "../../shared/format";
import { lang } from "../../shared/lang.svelte";
import type { Both } from "../../shared/i18n";
import type { Cover, Need } from "../../shared/wire";
import { app } from "../app.svelte";
import { needName } from "../texts.svelte";
import { messages as en, type PlanMessages } from "./texts/messages.en";
import { messages as zh } from "./texts/messages.zh";

const MESSAGES: Both<PlanMessages> = { zh, en };

export const p = (): PlanMessages => MESSAGES[lang()];

/** `#2 Dike breach · Boat driver`. */
export function taskName(need: Need | undefined): string {
  if (!need) return p().anotherNeed;
  const incident = app.view.get("incident", need.incident_id);
  return `${incident ? `#${incident.number} ${incident.title} · ` : ""}${needName(need)}`;
}

export const taskOf = (need: string): string => taskName(app.view.get("need", need));

export const postName = (post: string): string => p().post[post] ?? post;

/** Costs are equivalent seconds: `1,204 s`. */
export const cost = (seconds: number): string =>
  `${seconds.toLocaleString(lang() === "zh" ? "zh-CN" : "en-GB")}\u00a0${lang() === "zh" ? "秒" : "s"}`;

export const coverText = (cover: Cover | null): string =>
  cover
    ? p().covered(cover.insurer, cover.clause, money(cover.accident_sum, cover.currency, lang()))
    : p().noCover;
