// Shorthands for the texts of these panels. Both languages come with the panels.

import type { Both } from "../../shared/i18n";
import { lang } from "../../shared/lang.svelte";
import { messages as en, type ReachMessages } from "./texts/messages.en";
import { messages as zh } from "./texts/messages.zh";

const MESSAGES: Both<ReachMessages> = { zh, en };

export const r = (): ReachMessages => MESSAGES[lang()];

/** Whole numbers with separators. */
export const count = (n: number): string => n.toLocaleString(lang() === "zh" ? "zh-CN" : "en-GB");
