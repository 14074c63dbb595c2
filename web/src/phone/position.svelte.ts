// The position of this phone: watched only while on the way, sent only while assigned.

import type { Fix } from "../shared/wire";

/** Reports are sent at most this often; the command map moves once a second at most anyway. */
const SEND_MS = 10_000;
/** A position older than this does not describe where somebody is. */
const FRESH_MS = 2 * 60_000;

let last = $state.raw<Fix | null>(null);
let refused = $state(false);
let watch: number | null = null;
let sentAt = 0;
let report = false;
let tell: (fix: Fix) => void = () => undefined;

/** Through which connection reports go. */
export function reportThrough(live: { report(fix: Fix): void }): void {
  tell = (fix) => live.report(fix);
}

export const lastFix = (): Fix | null => last;
export const positionRefused = (): boolean => refused;

/** The last position if it is fresh, for an action that may carry one. */
export function freshFix(nowMs = Date.now()): { fix: Fix } | Record<string, never> {
  return last && nowMs - Date.parse(last.taken_at) < FRESH_MS ? { fix: last } : {};
}

/** Starts to watch; the browser asks the person the first time. */
export function watchPosition(sendReports: boolean): void {
  report = sendReports;
  if (!("geolocation" in navigator)) return;
  if (watch !== null) {
    // Who stands still gets no further position: the one at hand is the first report.
    if (last) send(last);
    return;
  }
  watch = navigator.geolocation.watchPosition(
    ({ coords, timestamp }) => {
      refused = false;
      last = {
        lon: coords.longitude,
        lat: coords.latitude,
        accuracy_m: Math.min(coords.accuracy, 999_999),
        taken_at: new Date(timestamp).toISOString(),
      };
      send(last);
    },
    (error) => {
      refused = error.code === error.PERMISSION_DENIED;
    },
    { enableHighAccuracy: true, maximumAge: 5_000, timeout: 30_000 },
  );
}

export function stopWatching(): void {
  report = false;
  if (watch !== null) navigator.geolocation.clearWatch(watch);
  watch = null;
}

/** Watches without asking, when the person has allowed it before. */
export async function watchIfAllowed(): Promise<void> {
  const state = await navigator.permissions
    ?.query({ name: "geolocation" })
    .then((permission) => permission.state)
    .catch(() => "prompt");
  if (state === "granted") watchPosition(report);
}

function send(fix: Fix): void {
  if (!report || Date.now() - sentAt < SEND_MS) return;
  sentAt = Date.now();
  tell(fix);
}
