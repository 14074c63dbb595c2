import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  backoff,
  Live,
  PING_MS,
  PONG_TIMEOUT_MS,
  ServerClock,
  socketUrl,
  type LiveState,
  type Socket,
} from "../src/shared/live";
import { Store } from "../src/shared/store";

interface Kinds {
  incident: { id: string };
}

class FakeSocket implements Socket {
  static made: FakeSocket[] = [];
  sent: { t: string; last_seq?: number | null; log_id?: string | null }[] = [];
  closed = false;
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;

  constructor() {
    FakeSocket.made.push(this);
  }
  send(data: string): void {
    this.sent.push(JSON.parse(data) as { t: string });
  }
  close(): void {
    this.closed = true;
  }
  open(): void {
    this.onopen?.(new Event("open"));
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent);
  }
  end(code: number): void {
    this.onclose?.({ code } as CloseEvent);
  }
}

const last = () => FakeSocket.made.at(-1)!;
const snapshot = (seq = 5, log_id = "log") => ({
  t: "snapshot",
  seq,
  log_id,
  exercise: false,
  now: new Date(Date.now() + 60_000).toISOString(),
  view: { incident: [{ id: "i1" }] },
});

/** Lets time pass until the next attempt is made, and returns how long that took. */
function untilNextAttempt(): number {
  const count = FakeSocket.made.length;
  const from = Date.now();
  while (FakeSocket.made.length === count) vi.advanceTimersByTime(50);
  return Date.now() - from;
}

function setUp(session = true) {
  const store = new Store<Kinds>(["incident"]);
  const states: LiveState[] = [];
  const onNoSession = vi.fn();
  const onPositions = vi.fn();
  const live = new Live({
    url: "ws://here/ws/command",
    store,
    onState: (state) => states.push(state),
    onPositions,
    onNoSession,
    hasSession: () => Promise.resolve(session),
    connect: () => new FakeSocket(),
    random: () => 0.5,
  });
  live.start();
  return { store, live, states, state: () => states.at(-1)!, onNoSession, onPositions };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(new Date("2026-11-22T03:00:00Z"));
  FakeSocket.made = [];
});
afterEach(() => {
  vi.useRealTimers();
});

describe("backoff", () => {
  it("stays between half a second and fifteen seconds, with full jitter", () => {
    for (let attempt = 0; attempt < 40; attempt++) {
      expect(backoff(attempt, 0)).toBe(500);
      expect(backoff(attempt, 1)).toBeLessThanOrEqual(15_000);
    }
    expect(backoff(20, 1)).toBe(15_000);
  });

  it("widens with each attempt", () => {
    const ceilings = [0, 1, 2, 3, 4, 5].map((attempt) => backoff(attempt, 1));
    expect(ceilings).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });
});

describe("server clock", () => {
  it("takes the middle of the round trip", () => {
    const clock = new ServerClock();
    clock.observe(10_050, 0, 100);
    expect(clock.offsetMs).toBe(10_000);
  });

  it("prefers the shortest trip and ignores nonsense", () => {
    const clock = new ServerClock();
    clock.observe(10_050, 0, 100);
    clock.observe(10_900, 0, 800);
    clock.observe(NaN, 0, 1);
    expect(clock.offsetMs).toBe(10_000);
    clock.observe(10_020, 0, 20);
    expect(clock.offsetMs).toBe(10_010);
  });

  it("follows a device clock that was set meanwhile", () => {
    const clock = new ServerClock();
    clock.observe(50, 0, 100);
    clock.observe(3_600_100, 0, 200);
    expect(clock.offsetMs).toBe(3_600_000);
  });
});

describe("live", () => {
  it("says hello with nothing, then with what it has", () => {
    const { store } = setUp();
    last().open();
    expect(last().sent[0]).toEqual({ t: "hello", last_seq: null, log_id: null });
    last().say(snapshot());
    expect(store.get("incident", "i1")).toBeDefined();
    last().end(1006);
    untilNextAttempt();
    last().open();
    expect(last().sent[0]).toEqual({ t: "hello", last_seq: 5, log_id: "log" });
  });

  it("measures the offset of the server's clock and the age of its data", () => {
    const { state } = setUp();
    last().open();
    last().say(snapshot());
    expect(state().status).toBe("live");
    expect(state().offsetMs).toBe(60_000);
    expect(state().lastFrameAt).toBe(Date.now());
  });

  it("pings every 25 s and gives up a connection that does not answer", () => {
    const { state } = setUp();
    last().open();
    last().say(snapshot());
    vi.advanceTimersByTime(PING_MS);
    expect(last().sent.at(-1)).toEqual({ t: "ping" });
    last().say({ t: "pong", seq: 5, now: new Date().toISOString() });
    vi.advanceTimersByTime(PING_MS + PONG_TIMEOUT_MS - 1);
    expect(state().status).toBe("live");
    vi.advanceTimersByTime(1);
    expect(state()).toMatchObject({ status: "waiting", lost: true });
  });

  it("gives up a connection attempt that hangs", () => {
    const { state } = setUp();
    vi.advanceTimersByTime(10_000);
    expect(state()).toMatchObject({ status: "waiting", lost: true });
    expect(last().closed).toBe(true);
  });

  it("keeps saying lost until the first frame after it", () => {
    const { state } = setUp();
    last().end(1006);
    vi.advanceTimersByTime(1_000);
    expect(state()).toMatchObject({ status: "connecting", lost: true });
    last().open();
    last().say(snapshot());
    expect(state()).toMatchObject({ status: "live", lost: false });
  });

  it("waits longer each time and starts anew after a success", () => {
    setUp();
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      last().end(1006);
      waits.push(untilNextAttempt());
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits[0]).toBeLessThanOrEqual(1_000);
    last().open();
    last().say(snapshot());
    last().end(1013);
    const count = FakeSocket.made.length;
    vi.advanceTimersByTime(1_000);
    expect(FakeSocket.made.length).toBe(count + 1);
  });

  it("comes back at once when the device is online again", () => {
    const { live } = setUp();
    for (let i = 0; i < 6; i++) {
      last().end(1006);
      untilNextAttempt();
    }
    last().end(1006);
    const count = FakeSocket.made.length;
    live.wake();
    expect(FakeSocket.made.length).toBe(count + 1);
  });

  it("asks a silent connection for proof when the page is looked at again", () => {
    const { live, state } = setUp();
    last().open();
    last().say(snapshot());
    live.wake();
    expect(last().sent.at(-1)).toEqual({ t: "ping" });
    vi.advanceTimersByTime(4_000);
    expect(state().status).toBe("waiting");
  });

  it("leaves when the server says there is no session", () => {
    const { onNoSession, state } = setUp();
    last().open();
    last().end(4401);
    expect(onNoSession).toHaveBeenCalledOnce();
    expect(state().status).toBe("closed");
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.made).toHaveLength(1);
  });

  it("asks for the session when a connection never opened", async () => {
    const { onNoSession } = setUp(false);
    last().end(1006);
    await vi.advanceTimersByTimeAsync(0);
    expect(onNoSession).toHaveBeenCalledOnce();
  });

  it("begins from nothing after a broken frame or a foreign log", () => {
    const { store } = setUp();
    last().open();
    last().say(snapshot());
    last().end(1008);
    untilNextAttempt();
    last().open();
    expect(last().sent[0]).toMatchObject({ last_seq: null, log_id: null });
    last().say(snapshot(9));
    last().end(1006);
    untilNextAttempt();
    last().open();
    last().say({ ...snapshot(), t: "replay", log_id: "other", upserts: {}, removed: {} });
    expect(store.seq).toBe(9);
    untilNextAttempt();
    last().open();
    expect(last().sent[0]).toMatchObject({ last_seq: null, log_id: null });
  });

  it("comes back within the time a restarting server names", () => {
    setUp();
    last().open();
    last().say(snapshot());
    last().say({ t: "restarting", retry_after_s: 4 });
    vi.advanceTimersByTime(2_400);
    expect(FakeSocket.made).toHaveLength(1);
    vi.advanceTimersByTime(200);
    expect(FakeSocket.made).toHaveLength(2);
  });

  it("catches up when an update is missing", () => {
    const { store } = setUp();
    last().open();
    last().say(snapshot(5));
    last().say({ t: "update", seq: 9, after_seq: 7, upserts: {}, removed: {} });
    untilNextAttempt();
    last().open();
    expect(last().sent[0]).toEqual({ t: "hello", last_seq: 5, log_id: "log" });
    last().say(snapshot(9));
    last().say({ t: "pong", seq: 12, after_seq: 9, now: new Date().toISOString() });
    expect(store.seq).toBe(12);
    last().say({ t: "pong", seq: 20, after_seq: 15, now: new Date().toISOString() });
    untilNextAttempt();
    last().open();
    expect(last().sent[0]).toMatchObject({ last_seq: 12 });
  });

  it("says again where it looks when it comes back, and reports only while live", () => {
    const { live } = setUp();
    const box = { west: 1, south: 2, east: 3, north: 4 };
    const fix = { lon: 1, lat: 2, accuracy_m: 3, taken_at: "2026-11-22T03:00:00Z" };
    live.look(box);
    live.report(fix);
    last().open();
    expect(last().sent).toHaveLength(1);
    for (let i = 0; i < 2; i++) {
      last().say(snapshot());
      expect(last().sent.at(-1)).toEqual({ t: "look", ...box });
      last().end(1006);
      untilNextAttempt();
      last().open();
    }
    last().say(snapshot());
    live.report(fix);
    expect(last().sent.at(-1)).toEqual({ t: "fix", fix });
  });

  it("does not fight the person's other screens", () => {
    const { live } = setUp();
    last().open();
    last().say(snapshot());
    last().end(4429);
    vi.advanceTimersByTime(59_000);
    expect(FakeSocket.made).toHaveLength(1);
    live.wake();
    expect(FakeSocket.made).toHaveLength(2);
  });

  it("hands positions on", () => {
    const { onPositions } = setUp();
    last().open();
    last().say(snapshot());
    last().say({ t: "positions", fixes: [{ volunteer_id: 3 }] });
    expect(onPositions).toHaveBeenCalledWith([{ volunteer_id: 3 }]);
  });

  it("uses the page's own host", () => {
    const at = (href: string) => new URL(href) as unknown as Location;
    expect(socketUrl("phone", at("https://a.example/phone"))).toBe("wss://a.example/ws/phone");
    expect(socketUrl("command", at("http://127.0.0.1:8000/"))).toBe(
      "ws://127.0.0.1:8000/ws/command",
    );
  });
});
