// What the address bar holds: a link shows a colleague the same view.

export interface View {
  /** Number of the selected incident. */
  incident: number | null;
  plan: boolean;
}

export function readHash(hash: string): View {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  const number = Number(params.get("incident"));
  return {
    incident: Number.isInteger(number) && number > 0 ? number : null,
    plan: params.get("panel") === "plan",
  };
}

export function writeHash(view: View): string {
  const params = new URLSearchParams();
  if (view.incident !== null) params.set("incident", String(view.incident));
  if (view.plan) params.set("panel", "plan");
  const text = params.toString();
  return text ? `#${text}` : "";
}
