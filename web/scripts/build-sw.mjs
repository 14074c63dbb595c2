// Builds dist/phone-sw.js: the service worker with the list of files it keeps and their version.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { firstLoad, laterLoad } from "./first-load.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
// Both languages, so that switching works without a network.
const loads = [
  ...["zh", "en"].map((lang) => firstLoad("phone", lang)),
  laterLoad("phone", "zh", "src/phone/later/index.ts"),
];
const files = [...new Set(loads.flatMap(({ js, css }) => [...js, ...css]))]
  .map((file) => `/${file}`)
  .sort();
const page = readFileSync(new URL("../dist/phone/index.html", import.meta.url));
const worker = readFileSync(new URL("../src/phone/sw.ts", import.meta.url));
const alert = readFileSync(new URL("../src/phone/alert.ts", import.meta.url));
const version = createHash("sha256")
  .update(page)
  .update(worker)
  .update(alert)
  .update(files.join("\n"))
  .digest("hex")
  .slice(0, 12);

await build({
  root,
  configFile: false,
  logLevel: "warn",
  define: { VERSION: JSON.stringify(version), FILES: JSON.stringify(files) },
  build: {
    outDir: "dist",
    emptyOutDir: false,
    copyPublicDir: false,
    target: "es2022",
    lib: {
      entry: fileURLToPath(new URL("../src/phone/sw.ts", import.meta.url)),
      formats: ["iife"],
      name: "sw",
      fileName: () => "phone-sw.js",
    },
  },
});
console.log(`phone-sw.js ${version}: ${files.length} files kept`);
