// The panels that plan, choose and explain: one chunk, loaded when first wanted.

export { default as ChoosePanel } from "./ChoosePanel.svelte";
export { default as PersonPanel } from "./PersonPanel.svelte";
export { default as PlanReview } from "./PlanReview.svelte";
export { dispatchPlan } from "./dispatch.svelte";
