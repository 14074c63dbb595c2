// What the parameters of a refusal add, for codes that only the commander's page meets.

import { codeText } from "../shared/codes";
import { clock, elapsed } from "../shared/format";
import { record, type Problem } from "../shared/http";
import type { Language } from "../shared/i18n";
import type { CommandCodes } from "./texts/codes.en";

export interface DetailTexts {
  codes: CommandCodes;
  events: Record<string, string>;
}

export function commandDetail(
  { code, params }: Problem,
  texts: DetailTexts,
  lang: Language,
): string {
  switch (code) {
    case "STALE":
      return changedText(record(params["changed"]), texts, lang);
    case "BAD_ZONE":
      return typeof params["problem"] === "string"
        ? codeText(texts.codes.zone, params["problem"])
        : "";
    case "BAD_FILE":
      return typeof params["problem"] === "string" ? params["problem"] : "";
    case "BAD_REACH":
      return rangeText(params["least_s"], params["most_s"], lang);
    case "TEXT_TOO_LONG":
      return limitText(params["most"], lang);
    default:
      return "";
  }
}

/** Somebody else was faster: what they did, who they are and when it was. */
function changedText(
  changed: Record<string, unknown> | undefined,
  { codes, events }: DetailTexts,
  lang: Language,
): string {
  if (!changed) return "";
  const { entity, event, actor, at } = changed;
  const parts = [
    codeText(codes.entity, String(entity ?? "")),
    codeText(events, String(event ?? "")),
    String(record(actor)?.["id"] ?? ""),
    typeof at === "string" ? clock(at, lang) : "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

function rangeText(least: unknown, most: unknown, lang: Language): string {
  if (typeof least !== "number" || typeof most !== "number") return "";
  return `${elapsed(least, lang)} – ${elapsed(most, lang)}`;
}

function limitText(most: unknown, lang: Language): string {
  if (typeof most !== "number") return "";
  return lang === "zh" ? `最多 ${most} 字` : `${most} characters at most`;
}
