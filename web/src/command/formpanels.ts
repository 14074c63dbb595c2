// The forms: one chunk, loaded when first wanted.

export { default as Files } from "./files/Files.svelte";
export { default as IncidentForm } from "./IncidentForm.svelte";
export { default as NeedForm } from "./NeedForm.svelte";
export { default as ZoneForm } from "./ZoneForm.svelte";
