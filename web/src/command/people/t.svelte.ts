// Shorthands for the texts of these panels. Both languages come with the panels.

import { lang } from "../../shared/lang.svelte";
import type { Means } from "../../shared/wire";
import { code } from "../texts.svelte";
import { TEXTS, type PeopleTexts } from "./texts";

export const p = (): PeopleTexts => TEXTS[lang()];

export const comma = (): string => (lang() === "zh" ? "、" : ", ");

export const bringsText = (brings: readonly Means[]): string =>
  `${p().brings} ${brings.map((means) => code("means", means)).join(comma())}`;
