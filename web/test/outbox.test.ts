import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure, NETWORK } from "../src/shared/http";
import { Outbox, sameIntent, type OutboxOptions, type Queued } from "../src/shared/outbox";
import type { Answer, PhoneAction } from "../src/shared/wire";

class Memory {
  readonly map = new Map<string, string>();
  getItem = (key: string) => this.map.get(key) ?? null;
  setItem = (key: string, value: string) => void this.map.set(key, value);
  removeItem = (key: string) => void this.map.delete(key);
}

const ANSWER: Answer = { seq: 1, ids: {}, repeated: false };
const accept: PhoneAction = { kind: "offer.accept", offer_id: "o1" };
const depart: PhoneAction = { kind: "assignment.depart", assignment_id: "a1" };
const silence = () => new Failure(0, { code: NETWORK, params: {}, message: "" });
const refusal = (code: string, status = 409) =>
  new Failure(status, { code, params: {}, message: "" });

function setUp(
  post: (id: string, action: PhoneAction) => Promise<Answer>,
  storage = new Memory(),
  owner = 7,
) {
  let n = 0;
  const events = {
    onChange: vi.fn<OutboxOptions["onChange"]>(),
    onRefused: vi.fn<OutboxOptions["onRefused"]>(),
    onDone: vi.fn<OutboxOptions["onDone"]>(),
    onNoSession: vi.fn<OutboxOptions["onNoSession"]>(),
  };
  const sent: string[] = [];
  const outbox = new Outbox({
    ...events,
    owner,
    storage,
    post: (id, action) => {
      sent.push(id);
      return post(id, action);
    },
    random: () => 0,
    now: () => 1_000,
    newId: () => `id-${++n}`,
  });
  return { outbox, storage, sent, ...events };
}

const stored = (storage: Memory): Queued[] => {
  const text = [...storage.map.values()][0];
  return text ? (JSON.parse(text) as { queue: Queued[] }).queue : [];
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("outbox", () => {
  it("lets no answer wait behind what was merely seen", async () => {
    const see: PhoneAction = { kind: "notices.see", notice_ids: ["o-o1"] };
    const kinds: string[] = [];
    const silent = vi.fn(() => Promise.reject<Answer>(silence()));
    const { outbox } = setUp((_, action) => {
      kinds.push(action.kind);
      return silent();
    });
    outbox.add(see);
    await vi.advanceTimersByTimeAsync(0);
    silent.mockResolvedValue(ANSWER);
    outbox.add(accept);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(kinds).toEqual(["notices.see", "offer.accept", "notices.see"]);
    expect(outbox.queue).toEqual([]);
  });

  it("stores an action before it sends it", () => {
    const storage = new Memory();
    const seen: Queued[][] = [];
    const { outbox } = setUp(() => {
      seen.push(stored(storage));
      return new Promise(() => undefined);
    }, storage);
    outbox.add(accept);
    expect(seen).toEqual([[{ action_id: "id-1", action: accept, made_at: 1_000 }]]);
  });

  it("forgets it once it is answered", async () => {
    const { outbox, storage, onDone } = setUp(() => Promise.resolve(ANSWER));
    outbox.add(accept);
    await vi.advanceTimersByTimeAsync(0);
    expect(outbox.queue).toEqual([]);
    expect(storage.map.size).toBe(0);
    expect(onDone).toHaveBeenCalledOnce();
  });

  it("resends the same action_id until the network answers", async () => {
    let failures = 3;
    const { outbox, sent } = setUp(() =>
      failures-- > 0 ? Promise.reject(silence()) : Promise.resolve(ANSWER),
    );
    outbox.add(accept);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toEqual(["id-1", "id-1", "id-1", "id-1"]);
    expect(outbox.queue).toEqual([]);
  });

  it("survives a reload with the same action_id", async () => {
    const storage = new Memory();
    const first = setUp(() => Promise.reject(silence()), storage);
    first.outbox.add(accept);
    await vi.advanceTimersByTimeAsync(0);
    const second = setUp(() => Promise.resolve(ANSWER), storage);
    expect(second.outbox.queue.map((item) => item.action_id)).toEqual(["id-1"]);
    await second.outbox.flush();
    expect(second.sent).toEqual(["id-1"]);
    expect(storage.map.size).toBe(0);
  });

  it("never sends what another person queued on this phone", () => {
    const storage = new Memory();
    setUp(() => Promise.reject(silence()), storage).outbox.add(accept);
    const other = setUp(() => Promise.resolve(ANSWER), storage, 8);
    expect(other.outbox.queue).toEqual([]);
  });

  it("sends in order, one at a time", async () => {
    const running: string[] = [];
    let most = 0;
    const { outbox, sent } = setUp(async (id) => {
      running.push(id);
      most = Math.max(most, running.length);
      await new Promise((done) => setTimeout(done, 10));
      running.pop();
      return ANSWER;
    });
    outbox.add(accept);
    outbox.add(depart);
    await vi.advanceTimersByTimeAsync(100);
    expect(sent).toEqual(["id-1", "id-2"]);
    expect(most).toBe(1);
  });

  it("tells a refusal and goes on with the next", async () => {
    const { outbox, sent, onRefused } = setUp((id) =>
      id === "id-1" ? Promise.reject(refusal("NEED_FULL")) : Promise.resolve(ANSWER),
    );
    outbox.add(accept);
    outbox.add(depart);
    await vi.advanceTimersByTimeAsync(0);
    expect(onRefused.mock.calls[0]?.[1].code).toBe("NEED_FULL");
    expect(sent).toEqual(["id-1", "id-2"]);
    expect(outbox.queue).toEqual([]);
  });

  it.each([429, 500, 503])("keeps an action the server cannot take now (%i)", async (status) => {
    const { outbox } = setUp(() => Promise.reject(refusal("STORE_DOWN", status)));
    outbox.add(accept);
    await vi.advanceTimersByTimeAsync(0);
    expect(outbox.queue).toHaveLength(1);
  });

  it("keeps the queue when the session is gone", async () => {
    const { outbox, onNoSession, sent } = setUp(() => Promise.reject(refusal("NO_SESSION", 401)));
    outbox.add(accept);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onNoSession).toHaveBeenCalledOnce();
    expect(outbox.queue).toHaveLength(1);
    expect(sent).toHaveLength(1);
  });

  it("takes two taps as one action", async () => {
    const { outbox } = setUp(() => Promise.reject(silence()));
    outbox.add(accept);
    await vi.advanceTimersByTimeAsync(0);
    outbox.add({ ...accept, brings: ["BOAT"] });
    expect(outbox.queue).toHaveLength(1);
  });

  it("works without storage", async () => {
    const storage = new Memory();
    storage.setItem = () => {
      throw new Error("full");
    };
    const { outbox, onDone } = setUp(() => Promise.resolve(ANSWER), storage);
    outbox.add(accept);
    await vi.advanceTimersByTimeAsync(0);
    expect(onDone).toHaveBeenCalledOnce();
  });

  it("starts empty from what it cannot read", () => {
    const storage = new Memory();
    storage.map.set("dispatch.outbox.v1", "{broken");
    expect(setUp(() => Promise.resolve(ANSWER), storage).outbox.queue).toEqual([]);
  });
});

describe("sameIntent", () => {
  it("sees accepting and declining one offer as one answer", () => {
    expect(sameIntent(accept, { kind: "offer.decline", offer_id: "o1", reason: "BUSY" })).toBe(
      true,
    );
    expect(sameIntent(accept, { kind: "offer.accept", offer_id: "o2" })).toBe(false);
  });

  it("tells steps and opposite wishes apart", () => {
    expect(sameIntent(depart, { kind: "assignment.arrive", assignment_id: "a1" })).toBe(false);
    expect(
      sameIntent(
        { kind: "availability.set", available: true },
        { kind: "availability.set", available: false },
      ),
    ).toBe(false);
  });
});
