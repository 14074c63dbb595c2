// What a zone of each kind usually is, and what its form sends. Pure.

import type { Certainty, CommandAction, LonLat, Mode, ZoneForm, ZoneKind } from "../shared/wire";

/** How many corners each form needs. */
export const CORNERS: Record<ZoneForm, number> = { AREA: 3, LINE: 2, POINT: 1 };

export interface Usual {
  form: ZoneForm;
  /** The first is the usual one. */
  forms: readonly ZoneForm[];
  radiusM: number;
  blocks: readonly Mode[];
  /** Per cent of the speed left to who may pass. */
  pace: number;
}

const WHEELS: readonly Mode[] = ["car", "motorcycle"];
const ON_LAND: readonly Mode[] = [...WHEELS, "foot"];

export const USUAL: Record<ZoneKind, Usual> = {
  flood: usual(["AREA", "LINE"], 0, WHEELS, 50),
  fire: usual(["AREA", "POINT"], 100, ON_LAND, 100),
  landslide: usual(["AREA", "LINE", "POINT"], 0, ON_LAND, 100),
  bridge: usual(["POINT"], 30, ON_LAND, 100),
  tunnel: usual(["POINT", "LINE"], 30, ON_LAND, 100),
  closed: usual(["LINE", "AREA"], 0, WHEELS, 100),
  other: usual(["AREA", "LINE", "POINT"], 0, ON_LAND, 100),
};

function usual(
  forms: readonly [ZoneForm, ...ZoneForm[]],
  radiusM: number,
  blocks: readonly Mode[],
  pace: number,
): Usual {
  return { form: forms[0], forms, radiusM, blocks, pace };
}

/** What a line or a point reaches when nobody said how far. */
const NARROWEST_M = 15;

export interface ZoneDraft {
  kind: ZoneKind;
  name: string;
  form: ZoneForm;
  corners: readonly LonLat[];
  radiusM: number;
  blocks: readonly Mode[];
  pace: number;
  certainty: Certainty;
  /** Hours from now; null is until somebody clears it. */
  hours: number | null;
}

export function zoneAction(draft: ZoneDraft, nowMs: number): CommandAction {
  const { form, corners, kind, hours } = draft;
  const wide = form !== "AREA" && kind !== "closed";
  return {
    kind: "zone.draw",
    zone_kind: kind,
    name: draft.name.trim(),
    form,
    parts: [[[...corners]]],
    radius_m: wide ? Math.max(NARROWEST_M, draft.radiusM) : draft.radiusM,
    blocks: [...draft.blocks],
    pace: draft.pace / 100,
    certainty: draft.certainty,
    starts_at: null,
    ends_at: hours === null ? null : new Date(nowMs + hours * 3_600_000).toISOString(),
  };
}
