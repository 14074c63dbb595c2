// Alerts that come while the page is closed: whether this browser can, and turning them on and off.
// `pushState` is pure; the others talk to the browser and the server.

import { Failure, get, send } from "../../shared/http";

/**
 * UNREACHABLE: the browser can, but its push service cannot be reached, as where Google is not.
 * UNKNOWN: its push service is none that the server sends to.
 */
export type PushState =
  "ON" | "OFF" | "BLOCKED" | "IOS_HOME" | "INSECURE" | "NONE" | "UNREACHABLE" | "UNKNOWN";

const REFUSED = ["UNKNOWN_PUSH_SERVICE", "BAD_PUSH_KEYS"];

export interface Ability {
  secure: boolean;
  ios: boolean;
  /** Opened from the home screen. */
  standalone: boolean;
  worker: boolean;
  push: boolean;
  permission: "default" | "granted" | "denied";
  subscribed: boolean;
}

/** What the person is told, the first thing in the way first. */
export function pushState(able: Ability): PushState {
  if (!able.secure) return "INSECURE";
  if (able.ios && !able.standalone) return "IOS_HOME";
  if (!able.worker || !able.push) return "NONE";
  if (able.permission === "denied") return "BLOCKED";
  return able.permission === "granted" && able.subscribed ? "ON" : "OFF";
}

/** iPads say that they are Macs; no Mac has a touch screen. */
export const isIos = (agent: string, touchPoints: number): boolean =>
  /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1);

interface Offered {
  public_key: string;
  subscribed: boolean;
}

const PATH = "/api/phone/push";

export async function readPush(): Promise<PushState> {
  return pushState({
    secure: window.isSecureContext,
    ios: isIos(navigator.userAgent, navigator.maxTouchPoints),
    standalone: matchMedia("(display-mode: standalone)").matches,
    worker: "serviceWorker" in navigator,
    push: "PushManager" in window && "Notification" in window,
    permission: "Notification" in window ? Notification.permission : "default",
    subscribed: (await subscription()) !== null,
  });
}

async function subscription(): Promise<PushSubscription | null> {
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) return null;
  const worker = await navigator.serviceWorker.getRegistration("/phone");
  return (await worker?.pushManager.getSubscription()) ?? null;
}

/** The server may have been set up anew, or have given this browser up: it is told again. */
export async function keepPush(): Promise<void> {
  const kept = await subscription();
  if (kept) await send("POST", PATH, kept.toJSON());
}

/** Call it from a tap: browsers let nobody ask otherwise. */
export async function turnOn(): Promise<PushState> {
  if ((await Notification.requestPermission()) !== "granted") return readPush();
  const { public_key } = await get<Offered>(PATH);
  const { pushManager } = await navigator.serviceWorker.ready;
  let made: PushSubscription;
  try {
    await (await pushManager.getSubscription())?.unsubscribe();
    made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: public_key });
  } catch {
    return "UNREACHABLE";
  }
  try {
    await send("POST", PATH, made.toJSON());
  } catch (error) {
    await made.unsubscribe();
    if (error instanceof Failure && REFUSED.includes(error.problem.code)) return "UNKNOWN";
    throw error;
  }
  return "ON";
}

export async function turnOff(): Promise<PushState> {
  const made = await subscription();
  if (made) {
    await send("DELETE", PATH, { endpoint: made.endpoint });
    await made.unsubscribe();
  }
  return readPush();
}
