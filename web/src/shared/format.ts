// Numbers as people read them: never without a unit, and never torn from it at the end of a line.

import type { Language } from "./i18n";
import type { Instant } from "./wire";

const LOCALE: Record<Language, string> = { zh: "zh-CN", en: "en-GB" };

const NBSP = "\u00a0";

const pad = (n: number) => String(n).padStart(2, "0");

/** Milliseconds since the epoch. */
export const millis = (at: Instant): number => Date.parse(at);

/** Hours and minutes since something, for example `02:10 h`; days in front when there are any. */
export function elapsed(seconds: number, lang: Language): string {
  const minutes = Math.floor(Math.max(0, seconds) / 60);
  const days = Math.floor(minutes / 1440);
  const clock = `${pad(Math.floor((minutes % 1440) / 60))}:${pad(minutes % 60)}`;
  const time = `${clock}${NBSP}${lang === "zh" ? "时" : "h"}`;
  return days > 0 ? `${days}${NBSP}${lang === "zh" ? "天" : "d"}${NBSP}${time}` : time;
}

/** Time left, for example `04:05 min` below an hour and `1:04:05 h` above. */
export function countdown(seconds: number, lang: Language): string {
  const s = Math.max(0, Math.ceil(seconds));
  const hours = Math.floor(s / 3600);
  const rest = `${pad(Math.floor((s % 3600) / 60))}:${pad(s % 60)}`;
  if (hours > 0) return `${hours}:${rest}${NBSP}${lang === "zh" ? "时" : "h"}`;
  return `${rest}${NBSP}${lang === "zh" ? "分" : "min"}`;
}

/** How old something is, in the largest whole unit: `3 s`, `12 min`, `5 h`, `2 d`. */
export function age(seconds: number, lang: Language): string {
  const s = Math.max(0, Math.floor(seconds));
  const units = lang === "zh" ? ["秒", "分钟", "小时", "天"] : ["s", "min", "h", "d"];
  if (s < 60) return `${s}${NBSP}${units[0]}`;
  if (s < 3600) return `${Math.floor(s / 60)}${NBSP}${units[1]}`;
  if (s < 86400) return `${Math.floor(s / 3600)}${NBSP}${units[2]}`;
  return `${Math.floor(s / 86400)}${NBSP}${units[3]}`;
}

/** Whole minutes, rounded up so that nobody is promised too early; hours from 120 minutes. */
export function eta(seconds: number, lang: Language): string {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  if (minutes < 120) return `${minutes}${NBSP}${lang === "zh" ? "分钟" : "min"}`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (lang === "zh")
    return rest ? `${hours}${NBSP}小时${NBSP}${rest}${NBSP}分` : `${hours}${NBSP}小时`;
  return rest ? `${hours}${NBSP}h${NBSP}${rest}${NBSP}min` : `${hours}${NBSP}h`;
}

/** Kilometres with one decimal. */
export function distance(metres: number, lang: Language): string {
  const km = (Math.max(metres, 100) / 1000).toLocaleString(LOCALE[lang], {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  return `${metres < 50 ? "< " : ""}${km}${NBSP}${lang === "zh" ? "公里" : "km"}`;
}

/** Clock time in the local zone, `14:05`; with the day when it is not today, with the year when it is not this one. */
export function clock(at: Instant, lang: Language, now: number = Date.now()): string {
  const date = new Date(at);
  const here = new Date(now);
  return date.toLocaleString(LOCALE[lang], {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(here.toDateString() === date.toDateString() ? {} : { month: "short", day: "numeric" }),
    // A cover that ends in May of next year must not look as if it had ended.
    ...(here.getFullYear() === date.getFullYear() ? {} : { year: "numeric" }),
  });
}

/** Clock time with seconds, for the timeline and hover texts. */
export function clockExact(at: Instant | number, lang: Language): string {
  return new Date(at).toLocaleString(LOCALE[lang], {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
}

/** A day, for cover and credentials. A day without a time is the same day in every zone. */
export function day(on: string, lang: Language): string {
  return new Date(on).toLocaleDateString(LOCALE[lang], {
    timeZone: "UTC",
    year: "numeric",
    month: "short",
    day: "numeric",
  });
}

/** Money in whole units with its currency code: `CLP 200,000`. */
export function money(amount: number, currency: string, lang: Language): string {
  return `${currency}${NBSP}${amount.toLocaleString(LOCALE[lang], { maximumFractionDigits: 0 })}`;
}

/** Whole-second durations of a computation: `85 ms`, `1.4 s`. */
export function solveTime(ms: number, lang: Language): string {
  if (ms < 1000) return `${Math.round(ms)}${NBSP}${lang === "zh" ? "毫秒" : "ms"}`;
  return `${(ms / 1000).toFixed(1)}${NBSP}${lang === "zh" ? "秒" : "s"}`;
}

/** Whole per cent; one decimal below ten; never "0" for what is not nothing. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return `< 0.1${NBSP}%`;
  return `${(share * 100).toFixed(share < 0.1 && share > 0 ? 1 : 0)}${NBSP}%`;
}

/** Five decimals are about one metre. */
export function coordinates(lon: number, lat: number): string {
  const part = (n: number, names: string) => `${Math.abs(n).toFixed(5)}° ${names[+(n < 0)]}`;
  return `${part(lat, "NS")}, ${part(lon, "EW")}`;
}
