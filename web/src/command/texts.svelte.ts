// Shorthands that follow the language shown.

import { codeText, problemText } from "../shared/codes";
import { lang, named, Texts } from "../shared/lang.svelte";
import type { Problem } from "../shared/http";
import type { Need, VolunteerId } from "../shared/wire";
import { app } from "./app.svelte";
import { commandDetail } from "./details";
import type { CommandCodes } from "./texts/codes.en";

export const texts = new Texts({
  zh: async () => (await import("./texts/zh")).texts,
  en: async () => (await import("./texts/en")).texts,
});

export const t = () => texts.current.messages;

export const code = (group: keyof CommandCodes, value: string): string =>
  codeText(texts.current.codes[group], value);

export const eventText = (event: string): string => codeText(texts.current.events, event);

export const problem = (value: Problem): string =>
  problemText(value, texts.current.codes, lang(), (p) => commandDetail(p, texts.current, lang()));

export const skillName = (skill: string): string =>
  named(app.meta?.skills.find((s) => s.code === skill)?.names, skill);

export const kindName = (kind: string): string =>
  named(app.meta?.incident_kinds.find((k) => k.code === kind)?.names, kind);

export const hazardName = (hazard: string): string =>
  named(app.meta?.hazards.find((h) => h.code === hazard)?.names, hazard);

export const regionName = (region: string): string =>
  named(app.meta?.regions.find((r) => r.code === region)?.names, region);

export const needName = (need: Need): string =>
  need.level > 1 ? `${skillName(need.skill)} · ${t().level(need.level)}` : skillName(need.skill);

export const personName = (id: VolunteerId): string =>
  app.names.card(id)?.name ?? t().volunteer(id);
