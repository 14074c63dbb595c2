// How far word came to people, who they are, and reach tests: one chunk, loaded when first wanted.

export { default as NeedPeople } from "./NeedPeople.svelte";
export { default as ReachTestPanel } from "./ReachTestPanel.svelte";
