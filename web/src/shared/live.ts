// The websocket client: says hello with what it already has, keeps the connection honest with
// pings, and comes back by itself. The pure parts (backoff, clock offset) have no side effects.

import type { Store } from "./store";
import type { Audience, Box, ClientFrame, Fix, PositionFix, ServerFrame } from "./wire";

export const PING_MS = 25_000;
export const PONG_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** A page that comes back to the front waits this long for proof that its connection still lives. */
const WAKE_TIMEOUT_MS = 4_000;
const SHORTEST_MS = 500;
const LONGEST_MS = 15_000;

export const CLOSE_NO_SESSION = 4401;
export const CLOSE_BROKEN_FRAME = 1008;
/** One account has too many screens open, and this was the oldest: it waits to be looked at. */
export const CLOSE_TOO_MANY = 4429;
const TOO_MANY_MS = 60_000;

/**
 * Milliseconds to wait before attempt number `attempt` (0 for the first retry): full jitter, so
 * that thousands of phones do not come back in the same second.
 */
export function backoff(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** (attempt + 1));
  return SHORTEST_MS + random * (ceiling - SHORTEST_MS);
}

/** Keeps the clock offset measured over the shortest round trip: that one is the most exact. */
export class ServerClock {
  offsetMs = 0;
  #bestTripMs = Infinity;

  /** `serverMs` was the server's clock somewhere between `sentMs` and `receivedMs` of ours. */
  observe(serverMs: number, sentMs: number, receivedMs: number): void {
    if (!Number.isFinite(serverMs)) return;
    const trip = Math.max(0, receivedMs - sentMs);
    const offset = serverMs - (sentMs + receivedMs) / 2;
    // A device clock that was set meanwhile shows as a jump beyond what the trip can explain.
    const jumped = Math.abs(offset - this.offsetMs) > trip + this.#bestTripMs + 1_000;
    if (trip > this.#bestTripMs && !jumped) return;
    this.#bestTripMs = trip;
    this.offsetMs = offset;
  }
}

export type LiveStatus = "connecting" | "live" | "waiting" | "closed";

export interface LiveState {
  status: LiveStatus;
  /** The connection broke or never came up, and is not back yet. */
  lost: boolean;
  /** When the last frame came, by our clock; null before the first one. */
  lastFrameAt: number | null;
  /** Add to our clock to get the server's. */
  offsetMs: number;
}

/** The little of a WebSocket that is used, so that tests can stand in for it. */
export interface Socket {
  send(data: string): void;
  close(code?: number): void;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
}

export interface LiveOptions<K extends object> {
  url: string;
  store: Store<K>;
  onState: (state: LiveState) => void;
  onPositions?: (fixes: PositionFix[]) => void;
  /** Called when the server says there is no session; the page must leave. */
  onNoSession: () => void;
  /** Asks over HTTP whether the session still stands, when a connection never opened. */
  hasSession: () => Promise<boolean>;
  /** When the picture already in the store was fresh, if it was kept from an earlier visit. */
  keptAt?: number;
  connect?: (url: string) => Socket;
  random?: () => number;
  now?: () => number;
}

export const socketUrl = (audience: Audience, location: Location): string =>
  `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/${audience}`;

export class Live<K extends object> {
  readonly #options: LiveOptions<K>;
  readonly #connect: (url: string) => Socket;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #clock = new ServerClock();
  #socket: Socket | null = null;
  #status: LiveStatus = "connecting";
  #attempt = 0;
  #lastFrameAt: number | null = null;
  #pingSentAt: number | null = null;
  #connectAt = 0;
  #fresh = false;
  #lostIt = false;
  #box: Box | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setTimeout> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveOptions<K>) {
    this.#options = options;
    this.#connect = options.connect ?? ((url) => new WebSocket(url));
    this.#random = options.random ?? Math.random;
    this.#now = options.now ?? Date.now;
    this.#lastFrameAt = options.keptAt ?? null;
  }

  start(): void {
    this.#open();
  }

  /** The network or the page came back: do not wait for the next planned attempt. */
  wake(): void {
    if (this.#status === "waiting") {
      clearTimeout(this.#retry);
      this.#open();
    } else if (this.#status === "live") {
      this.#sendPing(WAKE_TIMEOUT_MS);
    }
  }

  /** Which part of the map is seen: positions come for that part only. */
  look(box: Box): void {
    this.#box = box;
    if (this.#status === "live") this.#send({ t: "look", ...box });
  }

  /** Where this phone is. One that cannot be sent now is lost: the next one is better. */
  report(fix: Fix): void {
    if (this.#status === "live") this.#send({ t: "fix", fix });
  }

  stop(): void {
    this.#drop();
    this.#set("closed");
  }

  #open(): void {
    this.#drop();
    this.#set("connecting");
    this.#connectAt = this.#now();
    const socket = this.#connect(this.#options.url);
    this.#socket = socket;
    // A network that swallows packets would keep the browser trying for minutes.
    this.#deadline = setTimeout(() => this.#lost(), CONNECT_TIMEOUT_MS);
    let opened = false;
    socket.onopen = () => {
      opened = true;
      const { seq, logId } = this.#options.store;
      const known = !this.#fresh && seq !== null && logId !== null;
      this.#send({ t: "hello", last_seq: known ? seq : null, log_id: known ? logId : null });
      clearTimeout(this.#deadline);
      this.#deadline = setTimeout(() => this.#lost(), PONG_TIMEOUT_MS);
    };
    socket.onmessage = (event) => this.#receive(String(event.data));
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      if (event.code === CLOSE_NO_SESSION) return this.#noSession();
      // 1008: what we said or hold is not what the server understands; begin again from nothing.
      if (event.code === CLOSE_BROKEN_FRAME) this.#fresh = true;
      if (event.code === CLOSE_TOO_MANY) return this.#wait(TOO_MANY_MS);
      this.#lost();
      if (!opened) void this.#checkSession();
    };
  }

  async #checkSession(): Promise<void> {
    if (!(await this.#options.hasSession())) this.#noSession();
  }

  #noSession(): void {
    this.stop();
    this.#options.onNoSession();
  }

  #receive(data: string): void {
    const frame = JSON.parse(data) as ServerFrame;
    const received = this.#now();
    const { store } = this.#options;
    this.#lastFrameAt = received;
    clearTimeout(this.#deadline);
    switch (frame.t) {
      case "snapshot":
        store.snapshot(frame);
        this.#greeted(frame.now, received);
        break;
      case "replay":
        if (store.replay(frame) === "foreign") {
          this.#fresh = true;
          return this.#lost();
        }
        this.#greeted(frame.now, received);
        break;
      case "update":
        if (store.update(frame) === "gap") return this.#lost();
        break;
      case "positions":
        this.#options.onPositions?.(frame.fixes);
        break;
      case "pong":
        if (this.#pingSentAt !== null) {
          this.#clock.observe(Date.parse(frame.now), this.#pingSentAt, received);
          this.#pingSentAt = null;
        }
        if (store.reached(frame.seq, frame.after_seq) === "gap") return this.#lost();
        break;
      case "restarting":
        return this.#wait(SHORTEST_MS + this.#random() * frame.retry_after_s * 1000);
    }
    this.#report();
  }

  #greeted(now: string, received: number): void {
    this.#clock.observe(Date.parse(now), this.#connectAt, received);
    this.#attempt = 0;
    this.#fresh = false;
    this.#lostIt = false;
    this.#schedulePing();
    this.#set("live");
    if (this.#box) this.look(this.#box);
  }

  #schedulePing(): void {
    clearTimeout(this.#ping);
    this.#ping = setTimeout(() => this.#sendPing(PONG_TIMEOUT_MS), PING_MS);
  }

  /** A connection that no longer carries anything looks open until someone asks. */
  #sendPing(patienceMs: number): void {
    this.#pingSentAt = this.#now();
    this.#send({ t: "ping" });
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#lost(), patienceMs);
    this.#schedulePing();
  }

  #lost(): void {
    this.#wait(backoff(this.#attempt++, this.#random()));
  }

  #wait(delayMs: number): void {
    this.#drop();
    this.#lostIt = true;
    this.#set("waiting");
    this.#retry = setTimeout(() => this.#open(), delayMs);
  }

  #drop(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#ping);
    clearTimeout(this.#deadline);
    this.#pingSentAt = null;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #send(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #set(status: LiveStatus): void {
    this.#status = status;
    this.#report();
  }

  #report(): void {
    this.#options.onState({
      status: this.#status,
      lost: this.#lostIt,
      lastFrameAt: this.#lastFrameAt,
      offsetMs: this.#clock.offsetMs,
    });
  }
}

/** Reconnects as soon as the device is online or the page is looked at again. */
export function wakeOnReturn(live: { wake(): void }): void {
  window.addEventListener("online", () => live.wake());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") live.wake();
  });
}
