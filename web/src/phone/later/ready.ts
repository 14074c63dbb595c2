// When somebody can set out. Pure.

export const CHOICES_MIN = [15, 30, 60, 120] as const;
/** The server takes a day at most. */
const MOST_MIN = 1_440;

/** Seconds from now; what was typed goes before what was tapped. Null: nothing usable yet. */
export function readyInS(typed: string, tapped: number | null): number | null {
  if (typed.trim() === "") return tapped === null ? null : tapped * 60;
  if (!/^\s*\d{1,4}\s*$/.test(typed)) return null;
  const minutes = Number(typed);
  return minutes >= 1 && minutes <= MOST_MIN ? minutes * 60 : null;
}
