// A shorthand that follows the language shown.

import { lang } from "../../shared/lang.svelte";
import { TEXTS, type LaterTexts } from "./texts";

export const l = (): LaterTexts => TEXTS[lang()];
