// The panels that plan, choose and explain are loaded when first wanted, or when the page has
// settled: the first load has a budget (scripts/budget.mjs).

type Panels = typeof import("./plan");

let loading: Promise<Panels> | undefined;

export function panels(): Promise<Panels> {
  loading ??= import("./plan");
  // A lost network must not keep them away for ever.
  loading.catch(() => (loading = undefined));
  return loading;
}
