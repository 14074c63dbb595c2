import { describe, expect, it, vi } from "vitest";
import {
  deliver,
  keepReply,
  keptReply,
  newReply,
  outcomeOf,
  tokenOf,
  type Reply,
} from "../src/answer/reply";
import type { Answer } from "../src/shared/wire";

class Memory {
  readonly map = new Map<string, string>();
  getItem = (key: string) => this.map.get(key) ?? null;
  setItem = (key: string, value: string) => void this.map.set(key, value);
  removeItem = (key: string) => void this.map.delete(key);
}

const answer = (assignment?: string): Answer => ({
  seq: 1,
  ids: assignment ? { assignment } : {},
  repeated: false,
});

describe("the answer by a link", () => {
  it("takes the token from the address", () => {
    expect(tokenOf("/a/9f2.abc-_")).toBe("9f2.abc-_");
    expect(tokenOf("/a")).toBe("");
  });

  it("is kept for its own link only, until it is of no use", () => {
    const storage = new Memory();
    const reply = newReply("t1", { answer: "accept", brings: [] }, 5);
    keepReply(storage, reply);
    expect(keptReply(storage, "t1")).toEqual(reply);
    expect(keptReply(storage, "t2")).toBeNull();
    keepReply(storage, null);
    expect(keptReply(storage, "t1")).toBeNull();
  });

  it("is lost with nothing but the page where storage is forbidden", () => {
    const forbidden = {
      getItem: (): string => {
        throw new Error("denied");
      },
      setItem: (): void => {
        throw new Error("denied");
      },
      removeItem: (): void => undefined,
    };
    expect(keptReply(forbidden, "t1")).toBeNull();
    expect(() =>
      keepReply(forbidden, newReply("t1", { answer: "accept", brings: [] })),
    ).not.toThrow();
  });

  it("goes under the same id until somebody hears it", async () => {
    const bodies: unknown[] = [];
    vi.stubGlobal(
      "fetch",
      vi.fn(async (_: string, init: RequestInit) => {
        bodies.push(JSON.parse(String(init.body)));
        if (bodies.length < 3) throw new TypeError("no network");
        return new Response(JSON.stringify(answer("a1")), { status: 200 });
      }),
    );
    const waited = vi.fn();
    const reply: Reply = newReply("t1", { answer: "later", ready_in_s: 900, brings: ["BOAT"] });
    const heard = await deliver(reply, waited, async () => undefined);
    vi.unstubAllGlobals();
    expect(heard.ids.assignment).toBe("a1");
    expect(waited).toHaveBeenCalledTimes(2);
    const body = { answer: "later", ready_in_s: 900, brings: ["BOAT"] };
    expect(bodies).toEqual(Array(3).fill({ action_id: reply.action_id, ...body }));
  });

  it("is a yes when it made an assignment, whatever was said", () => {
    const later = { answer: "later", ready_in_s: 900, brings: [] } as const;
    expect(outcomeOf({ ...later, brings: [] }, answer("a1"))).toBe("YES");
    expect(outcomeOf({ ...later, brings: [] }, answer())).toBe("LATER");
    expect(outcomeOf({ answer: "accept", brings: [] }, answer("a1"))).toBe("YES");
    expect(outcomeOf({ answer: "decline", reason: "BUSY" }, answer())).toBe("NO");
  });
});
