// What the desk's own asking comes to for one need. Pure; the caller gives the entities.

import type { Alerting, Need, Offer, WaveReason } from "../shared/wire";
import { taken } from "./select";

export interface Asking {
  /** People asked since it started; `silent` of them may still answer. */
  asked: number;
  declined: number;
  silent: number;
  expired: number;
  /** The heads wanted are taken: nobody is asked until one falls out. */
  rests: boolean;
  last: LastWave | null;
  /** When the next wave is due by the clock; null where answers decide. */
  nextAtMs: number | null;
}

export interface LastWave {
  number: number;
  asked: number;
  because: WaveReason | null;
  /** How many answers of that kind came between the wave before and this one. */
  answers: number;
}

export function askingOf(need: Need, alerting: Alerting, offers: readonly Offer[]): Asking {
  const since = Date.parse(alerting.started_at);
  const made = offers.filter((o) => o.need_id === need.id && Date.parse(o.made_at) >= since);
  const count = (status: Offer["status"]) => made.filter((o) => o.status === status).length;
  return {
    asked: made.length,
    declined: count("DECLINED"),
    silent: count("OPEN"),
    expired: count("EXPIRED"),
    rests: taken(need.counts) >= need.heads.desired,
    last: lastWave(alerting, made),
    nextAtMs: nextAtMs(alerting),
  };
}

function lastWave(alerting: Alerting, made: readonly Offer[]): LastWave | null {
  const { wave_at, because } = alerting;
  if (wave_at === null) return null;
  const number = alerting.waves;
  const start = Math.max(0, ...made.filter((o) => o.wave < number).map((o) => ms(o.made_at)));
  const answers = made.filter(
    (o) =>
      o.status === because &&
      o.answered_at !== null &&
      ms(o.answered_at) >= start &&
      ms(o.answered_at) <= ms(wave_at),
  ).length;
  return { number, asked: made.filter((o) => o.wave === number).length, because, answers };
}

function nextAtMs({ policy, wave_at }: Alerting): number | null {
  return policy.every_s === undefined || wave_at === null
    ? null
    : ms(wave_at) + policy.every_s * 1e3;
}

const ms = (at: string): number => Date.parse(at);
