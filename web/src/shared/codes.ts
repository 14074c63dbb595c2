// Server codes as text. The tables of the two languages are in codes/, each loaded when wanted.

import type { Codes } from "./codes/en";
import { record, type Problem } from "./http";
import type { Language } from "./i18n";

/** The text of a code; a code that is not known is better shown than hidden. */
export function codeText(table: Record<string, string>, code: string): string {
  return table[code] ?? code;
}

/** More words for a code, from its parameters; empty when there are none. */
export type Detail = (problem: Problem) => string;

/** What happened, for a person: the translated code with what its parameters add. */
export function problemText(
  problem: Problem,
  codes: Codes,
  lang: Language,
  more: Detail = () => "",
): string {
  const { code, message } = problem;
  const known: Record<string, string> = codes.error;
  const text = known[code];
  if (text === undefined) return message ? `${code}: ${message}` : code;
  const detail = commonDetail(problem, codes, lang) || more(problem);
  if (!detail) return text;
  const bare = text.replace(/[.。]$/, "");
  return lang === "zh" ? `${bare}：${detail}。` : `${bare}: ${detail}.`;
}

function commonDetail({ code, params }: Problem, codes: Codes, lang: Language): string {
  const comma = lang === "zh" ? "、" : ", ";
  const { reasons, because, fields } = params;
  if (code === "NOT_ELIGIBLE" && Array.isArray(reasons)) {
    return reasons.map((reason) => codeText(codes.reason, String(reason))).join(comma);
  }
  if (code === "OFFER_WITHDRAWN" && typeof because === "string") {
    return codeText(codes.because, because);
  }
  if (code === "BAD_REQUEST" && Array.isArray(fields)) return fields.map(fieldText).join(comma);
  return "";
}

function fieldText(field: unknown): string {
  const { where, reason } = record(field) ?? {};
  const place = Array.isArray(where) ? where.join(".") : String(where ?? "");
  return `${place}: ${String(reason ?? "")}`;
}
