// Who could be where, how soon: one chunk, loaded when first wanted.

export { default as CoveragePanel } from "./CoveragePanel.svelte";
export { default as ReachPanel } from "./ReachPanel.svelte";
