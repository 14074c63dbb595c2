import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const page = (name: string) => fileURLToPath(new URL(`${name}/index.html`, import.meta.url));

/** All that the phone loads first in one file: packed together it is smaller than in two. */
const FIRST_LOAD = {
  name: "first",
  // Neither the entry, which the manifest names, nor what is loaded later.
  test: (id: string) =>
    !/index\.html|main\.ts|SiteMap|\/later\/|Steps|WayThere|handoff|mainland|pmtiles|fflate|src\/map|maplibre|(texts|codes)\//.test(
      id,
    ),
};

/** The answer page is for whatever phone gets the text message: syntax as of 2018. */
const OLD = ["chrome71", "safari13", "firefox68"];

// The phone and the answer page are built by themselves (`--mode phone`, after the others): a build
// shares one copy of the framework between its pages, so they would pay for what only the
// commander's page uses.
export default defineConfig(({ mode }) => {
  const phone = mode === "phone";
  const own = phone || mode === "answer";
  const pages = own ? [mode] : ["command", "locked"];
  return {
    base: "/",
    plugins: [svelte()],
    build: {
      outDir: "dist",
      emptyOutDir: !own,
      target: mode === "answer" ? OLD : "es2022",
      manifest: `.vite/${own ? mode : "command"}.json`,
      // No data: URLs, so that the server can send a strict content security policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      // MapLibre is one large file by nature; scripts/budget.mjs guards what loads first.
      chunkSizeWarningLimit: 1300,
      rolldownOptions: {
        input: Object.fromEntries(pages.map((name) => [name, page(name)])),
        ...(phone ? { output: { codeSplitting: { groups: [FIRST_LOAD] } } } : {}),
      },
    },
    worker: { format: "es" },
    test: { environment: "node", include: ["test/**/*.test.ts"] },
  };
});
