// What a page loads first, read from the build's manifest: its entry, the texts of one language,
// and whatever these import.

import { readFileSync } from "node:fs";

/** Returns `{js, css}`: files of the page's first load in `lang`, relative to dist. */
export function firstLoad(page, lang) {
  const url = new URL(`../dist/.vite/${page}.json`, import.meta.url);
  const manifest = JSON.parse(readFileSync(url, "utf8"));
  const js = new Set();
  const css = new Set();
  const visit = (key) => {
    const chunk = manifest[key];
    if (!chunk) throw new Error(`the build has no ${key}`);
    if (js.has(chunk.file)) return;
    js.add(chunk.file);
    for (const file of chunk.css ?? []) css.add(file);
    for (const next of chunk.imports ?? []) visit(next);
  };
  visit(`${page}/index.html`);
  visit(`src/${page}/texts/${lang}.ts`);
  return { js: [...js], css: [...css] };
}
