// The forms, the panels that plan, choose and explain, those about people and those that ask the map,
// are loaded when first wanted, or when the page has settled: the first load has a budget (scripts/budget.mjs).

function later<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load();
    // A lost network must not keep them away for ever.
    loading.catch(() => (loading = undefined));
    return loading;
  };
}

export const forms = later(() => import("./formpanels"));
export const panels = later(() => import("./plan"));
export const peoplePanels = later(() => import("./people"));
export const reachPanels = later(() => import("./reach"));
