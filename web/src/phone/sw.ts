// The service worker of the phone: the page opens without a network, and alerts come while it is
// closed. It keeps the page and its files, by version; the API and the websocket always go to the
// network.
//
// A new version waits until no page of the old one is open, so nothing is exchanged under a task.

/// <reference lib="webworker" />
import { alertOf, endedBy, readPushed } from "./alert";

declare const self: ServiceWorkerGlobalScope;
/** Filled in by scripts/build-sw.mjs. */
declare const VERSION: string;
declare const FILES: readonly string[];

const PAGE = "/phone";
const PUSH = "/api/phone/push";
const CACHE = `phone-${VERSION}`;
/** In a tunnel a page must not wait for a network that will not answer. */
const PATIENCE_MS = 4_000;

self.addEventListener("install", (event) => {
  event.waitUntil(precache());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldCaches());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname === PAGE) event.respondWith(page(request));
  else if (url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
});

self.addEventListener("push", (event) => {
  event.waitUntil(alarm(event.data?.text()));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPage());
});

self.addEventListener("pushsubscriptionchange", (event) => {
  (event as ExtendableEvent).waitUntil(subscribeAgain());
});

async function precache(): Promise<void> {
  const cache = await caches.open(CACHE);
  const page = await fetch(PAGE, { cache: "no-cache", redirect: "manual" });
  // Without a session the page is a redirect, which must never be kept as the page.
  if (!page.ok) throw new Error(`no page to keep: ${page.status}`);
  await cache.put(PAGE, page);
  await cache.addAll(FILES);
}

async function dropOldCaches(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("phone-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** The network's page first, so that a lost session shows; the kept one when nothing answers. */
async function page(request: Request): Promise<Response> {
  const kept = await caches.match(PAGE, { cacheName: CACHE });
  try {
    const signal = kept ? AbortSignal.timeout(PATIENCE_MS) : null;
    const response = await fetch(request, { signal });
    return kept && response.status >= 500 ? kept : response;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

/** Asset names carry a hash of their content: what is kept is right. */
async function asset(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

/** Shown first, reported then: a server that cannot be reached keeps nobody from being told. */
async function alarm(text: string | undefined): Promise<void> {
  const pushed = readPushed(text);
  const { title, options } = alertOf(pushed);
  await self.registration.showNotification(title, options);
  const { notice_id } = pushed;
  if (!notice_id) return;
  const over = endedBy(notice_id);
  if (over) {
    for (const old of await self.registration.getNotifications({ tag: over })) old.close();
  }
  await tell("/api/phone/push/shown", { notice_id });
}

async function openPage(): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = pages.find((page) => new URL(page.url).pathname === PAGE);
  await (open ? open.focus() : self.clients.openWindow(PAGE));
}

/** The browser has given its subscription up; the server learns the new one. */
async function subscribeAgain(): Promise<void> {
  const answer = await fetch(PUSH);
  if (!answer.ok) return;
  const { public_key } = (await answer.json()) as { public_key: string };
  const made = await self.registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: public_key,
  });
  await tell(PUSH, made.toJSON());
}

async function tell(path: string, body: unknown): Promise<void> {
  await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => undefined);
}
