// The language now shown; reading it inside a component makes the component follow it.

import {
  HTML_LANG,
  otherLanguage,
  rememberedLanguage,
  rememberLanguage,
  type Both,
  type Language,
} from "./i18n";
import type { Names } from "./wire";

let current = $state<Language>(rememberedLanguage());

export const lang = (): Language => current;

export function setLang(next: Language): void {
  current = next;
  document.documentElement.lang = HTML_LANG[next];
}

export const named = (names: Names | undefined, code: string): string => names?.[current] || code;

/** Long enough after the start not to compete with it. */
const FETCH_OTHER_MS = 3_000;

/**
 * A page's texts. Only the language shown is loaded at first; the other one follows when the page
 * has settled, so that switching works without a network.
 */
export class Texts<T> {
  readonly #load: Both<() => Promise<T>>;
  #current = $state.raw<T>();

  constructor(load: Both<() => Promise<T>>) {
    this.#load = load;
  }

  /** Call `start` and wait for it before anything is shown. */
  get current(): T {
    if (this.#current === undefined) throw new Error("texts are used before they are loaded");
    return this.#current;
  }

  async start(): Promise<void> {
    await this.#show(current);
    setTimeout(() => {
      this.#load[otherLanguage(current)]().catch(() => undefined);
    }, FETCH_OTHER_MS);
  }

  async choose(next: Language): Promise<void> {
    await this.#show(next);
    rememberLanguage(next);
  }

  async #show(next: Language): Promise<void> {
    const texts = await this.#load[next]();
    this.#current = texts;
    setLang(next);
  }
}
