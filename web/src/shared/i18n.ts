// Two languages, typed: a dictionary of one language has the type of the other, so a missing key
// does not compile. Server texts are never shown as such; they are translated by code.

export const LANGUAGES = ["zh", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Both<T> = Record<Language, T>;

export const HTML_LANG: Both<string> = { zh: "zh-CN", en: "en" };

export const otherLanguage = (lang: Language): Language => (lang === "zh" ? "en" : "zh");

const KEY = "dispatch.lang";

/** The remembered language, else the first of the browser's that we speak, else English. */
export function chooseLanguage(remembered: string | null, preferred: readonly string[]): Language {
  if (remembered === "zh" || remembered === "en") return remembered;
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "zh" || primary === "en") return primary;
  }
  return "en";
}

export const rememberedLanguage = (): Language => chooseLanguage(remembered(), navigator.languages);

/** Whether somebody chose the language on this device. */
export const wasChosen = (): boolean => remembered() !== null;

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // Storage forbidden: the browser's preference decides on every visit.
    return null;
  }
}

export function rememberLanguage(lang: Language): void {
  try {
    localStorage.setItem(KEY, lang);
  } catch {
    // See above.
  }
}
