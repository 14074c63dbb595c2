// Shorthands that follow the language shown.

import { codeText, problemText } from "../shared/codes";
import type { Codes } from "../shared/codes/en";
import type { Problem } from "../shared/http";
import { lang } from "../shared/lang.svelte";
import { CODES, TEXTS, type AnswerTexts } from "./texts";

export const t = (): AnswerTexts => TEXTS[lang()];

export const code = (group: keyof Codes, value: string): string =>
  codeText(CODES[lang()][group], value);

export const problem = (value: Problem): string => problemText(value, CODES[lang()], lang());
