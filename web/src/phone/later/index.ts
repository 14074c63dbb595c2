// What few phones need at once: one chunk, loaded when the page has settled.

export { default as Alerts } from "./Alerts.svelte";
export { default as Brings } from "./Brings.svelte";
export { default as Danger } from "./Danger.svelte";
export { default as Ended } from "./Ended.svelte";
export { default as LaterSheet } from "./LaterSheet.svelte";
export { default as Papers } from "./Papers.svelte";
export { default as ReachTest } from "./ReachTest.svelte";
