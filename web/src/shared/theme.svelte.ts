// Dark for the room, light for daylight; the page's own default until somebody chooses.

export type Theme = "dark" | "light";

let key = "";
let current = $state<Theme>("light");

export const theme = (): Theme => current;

/** Applies what this page remembers, else its default, else what the system asks for. */
export function startTheme(page: string, pageDefault: Theme | "system"): void {
  key = `dispatch.theme.${page}`;
  let remembered: string | null = null;
  try {
    remembered = localStorage.getItem(key);
  } catch {
    // Storage forbidden: the default stands.
  }
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const start = pageDefault === "system" ? system : pageDefault;
  apply(remembered === "dark" || remembered === "light" ? remembered : start);
}

export function toggleTheme(): void {
  apply(current === "dark" ? "light" : "dark");
  try {
    localStorage.setItem(key, current);
  } catch {
    // See above.
  }
}

function apply(next: Theme): void {
  current = next;
  document.documentElement.dataset["theme"] = next;
}
