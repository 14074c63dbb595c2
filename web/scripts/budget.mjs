// Fails when a page has grown above its budget. Sizes are gzip -9, in KiB.

import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { firstLoad, laterLoad, wholeLoad } from "./first-load.mjs";

const dist = new URL("../dist/", import.meta.url);
const kib = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length / 1024;
const sum = (files) => files.reduce((total, file) => total + kib(file), 0);
const assets = readdirSync(new URL("assets/", dist)).map((file) => `assets/${file}`);

const larger = (page) =>
  ["zh", "en"].map((lang) => firstLoad(page, lang)).sort((a, b) => sum(b.js) - sum(a.js))[0];
const phone = larger("phone");
const command = larger("command");
const answer = wholeLoad("answer");
// The panels that plan, choose and explain, in both languages: loaded when the page has settled.
const plan = laterLoad("command", "zh", "src/command/plan/index.ts");
// The panels that ask the map, likewise.
const reach = laterLoad("command", "zh", "src/command/reach/index.ts");
// Who was told and who was reached, likewise.
const people = laterLoad("command", "zh", "src/command/people/index.ts");
const worker = assets.filter((file) => /maplibre-gl-worker.*\.m?js$/.test(file));
const maps = assets.filter(
  (file) => /\.m?js$/.test(file) && !worker.includes(file) && kib(file) > 100,
);

// What few phones need at once, in both languages: loaded when the page has settled.
const later = laterLoad("phone", "zh", "src/phone/later/index.ts");

const rows = [
  ["phone first-load JS", sum(phone.js), 35],
  ["phone first-load CSS", sum(phone.css), 10],
  ["phone later panels JS", sum(later.js), 12],
  ["phone service worker", kib("phone-sw.js"), 4],
  ["answer page JS", sum(answer.js), 35],
  ["answer page CSS", sum(answer.css), 6],
  ["command shell JS", sum(command.js), 60],
  ["command plan panels JS", sum(plan.js), 20],
  ["command people panels JS", sum(people.js), 12],
  ["command reach panels JS", sum(reach.js), 10],
  ["largest map chunk", Math.max(...maps.map(kib)), 300],
  ["map worker", sum(worker), 155],
];

let failed = false;
for (const [name, size, most] of rows) {
  const over = size > most;
  failed ||= over;
  console.log(
    `${over ? "OVER " : "ok   "}${name.padEnd(22)}${size.toFixed(1).padStart(7)} of ${most} KiB`,
  );
}
for (const file of [...phone.js, ...command.js].filter((file) => maps.includes(file))) {
  failed = true;
  console.log(`OVER a page loads the map at once: ${file}`);
}
process.exit(failed ? 1 : 0);
