// The keyboard of the room. Pure: an event in, the name of a command out.

export type KeyCommand =
  | "new-incident"
  | "plan"
  | "dispatch"
  | "next"
  | "previous"
  | "search"
  | "zone"
  | "measure"
  | "reach"
  | "coverage"
  | "reach-test"
  | "help"
  | "back"
  | "finish"
  | "undo";

export const KEYS: readonly { key: string; command: KeyCommand }[] = [
  { key: "n", command: "new-incident" },
  { key: "p", command: "plan" },
  { key: "d", command: "dispatch" },
  { key: "j", command: "next" },
  { key: "k", command: "previous" },
  { key: "/", command: "search" },
  { key: "z", command: "zone" },
  { key: "m", command: "measure" },
  { key: "r", command: "reach" },
  { key: "c", command: "coverage" },
  { key: "t", command: "reach-test" },
  { key: "?", command: "help" },
  { key: "Escape", command: "back" },
  { key: "Enter", command: "finish" },
  { key: "Backspace", command: "undo" },
];

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  /** Whether the person is writing in a field, where letters are letters. */
  typing: boolean;
}

export function commandFor(press: KeyPress): KeyCommand | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  const found = KEYS.find(
    (k) => k.key === press.key || (k.key.length === 1 && k.key === press.key.toLowerCase()),
  );
  if (!found) return null;
  return press.typing && found.command !== "back" ? null : found.command;
}

/** What may happen while a form is open without closing it; Enter and Backspace draw its zone. */
export const keepsForm = (command: KeyCommand): boolean =>
  ["back", "search", "help", "finish", "undo"].includes(command);

/** Enter on a button presses that button, it does not finish a drawing. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) &&
      // Boxes to tick take no letters.
      !/^(checkbox|radio)$/.test(target.getAttribute("type") ?? "")));
