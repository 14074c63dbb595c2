// What a page loads first, read from the build's manifest: its entry, the texts of one language,
// and whatever these import.

import { readFileSync } from "node:fs";

/** Returns `{js, css}`: files of the page's first load in `lang`, relative to dist. */
export const firstLoad = (page, lang) =>
  reached(page, [`${page}/index.html`, `src/${page}/texts/${lang}.ts`]);

/** Returns the same of a page that has its texts in its entry. */
export const wholeLoad = (page) => reached(page, [`${page}/index.html`]);

/** Returns what `source`, loaded later, adds to the page's first load. */
export function laterLoad(page, lang, source) {
  const first = firstLoad(page, lang);
  const all = reached(page, [source]);
  const more = (kind) => all[kind].filter((file) => !first[kind].includes(file));
  return { js: more("js"), css: more("css") };
}

function reached(page, keys) {
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
  keys.forEach(visit);
  return { js: [...js], css: [...css] };
}
