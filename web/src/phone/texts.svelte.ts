// Shorthands that follow the language shown.

import { codeText, problemText } from "../shared/codes";
import type { Codes } from "../shared/codes/en";
import { lang, named, Texts } from "../shared/lang.svelte";
import type { Problem } from "../shared/http";
import { app } from "./app.svelte";

export const texts = new Texts({
  zh: async () => (await import("./texts/zh")).texts,
  en: async () => (await import("./texts/en")).texts,
});

export const t = () => texts.current.messages;

export const code = (group: keyof Codes, value: string): string =>
  codeText(texts.current.codes[group], value);

export const problem = (value: Problem): string => problemText(value, texts.current.codes, lang());

export const skillName = (skill: string): string =>
  named(app.meta?.skills.find((s) => s.code === skill)?.names, skill);

export const kindName = (kind: string): string =>
  named(app.meta?.incident_kinds.find((k) => k.code === kind)?.names, kind);

export const hazardName = (hazard: string): string =>
  named(app.meta?.hazards.find((h) => h.code === hazard)?.names, hazard);
