import { describe, expect, it } from "vitest";
import { Store } from "../src/shared/store";
import type { Replay, Snapshot, Update } from "../src/shared/wire";

interface Kinds {
  incident: { id: string; title: string };
  person: { id: number; status: string };
}

const snapshot = (view: Snapshot["view"], seq = 10, log_id = "a"): Snapshot => ({
  t: "snapshot",
  seq,
  log_id,
  exercise: true,
  now: "2026-11-22T03:00:00Z",
  view,
});
const update = (
  seq: number,
  upserts: Update["upserts"],
  removed: Update["removed"] = {},
  after_seq = 0,
): Update => ({
  t: "update",
  seq,
  after_seq,
  upserts,
  removed,
});
const replay = (seq: number, log_id: string, upserts: Replay["upserts"]): Replay => ({
  t: "replay",
  seq,
  log_id,
  exercise: false,
  now: "2026-11-22T03:00:00Z",
  upserts,
  removed: {},
});
const one = (title: string, id = "i1") => ({ id, title });

function store() {
  const made = new Store<Kinds>(["incident", "person"]);
  const changes: string[][] = [];
  made.subscribe((kinds) => changes.push([...kinds].sort()));
  return { made, changes };
}

describe("store", () => {
  it("replaces everything with a snapshot", () => {
    const { made } = store();
    made.snapshot(snapshot({ incident: [one("old", "i0")] }));
    made.snapshot(snapshot({ incident: [one("new")] }, 20, "b"));
    expect(made.all("incident")).toEqual([one("new")]);
    expect([made.seq, made.logId, made.exercise]).toEqual([20, "b", true]);
  });

  it("applies nothing across a gap", () => {
    const { made } = store();
    made.snapshot(snapshot({ incident: [one("old")] }));
    expect(made.update(update(14, { incident: [one("new")] }, {}, 12))).toBe("gap");
    expect([made.seq, made.all("incident")]).toEqual([10, [one("old")]]);
    expect(made.update(update(14, { incident: [one("new")] }, {}, 10))).toBe("applied");
    expect(made.all("incident")).toEqual([one("new")]);
  });

  it("moves on to where the server says it stands, and never back", () => {
    const { made } = store();
    made.snapshot(snapshot({}));
    expect(made.reached(20, 10)).toBe("applied");
    expect(made.seq).toBe(20);
    made.reached(15, 10);
    expect(made.seq).toBe(20);
    expect(made.reached(30, 21)).toBe("gap");
    expect(made.seq).toBe(20);
  });

  it("finds entities by text or number", () => {
    const { made } = store();
    made.snapshot(snapshot({ person: [{ id: 7, status: "AVAILABLE" } as { id: number }] }));
    expect(made.get("person", 7)?.status).toBe("AVAILABLE");
    expect(made.get("person", "7")?.status).toBe("AVAILABLE");
  });

  it("applies whole entities and removals, and says which kinds changed", () => {
    const { made, changes } = store();
    made.snapshot(snapshot({ incident: [one("a"), one("b", "i2")] }));
    expect(made.update(update(11, { incident: [one("A")] }, { incident: ["i2"] }))).toBe("applied");
    expect(made.all("incident")).toEqual([one("A")]);
    expect(changes).toEqual([["incident", "person"], ["incident"]]);
    expect(made.seq).toBe(11);
  });

  it("is not harmed by repeats", () => {
    const { made } = store();
    made.snapshot(snapshot({ incident: [one("a")] }));
    const frame = update(11, { incident: [one("b")] });
    made.update(frame);
    expect(made.update(frame)).toBe("applied");
    expect(made.all("incident")).toEqual([one("b")]);
  });

  it("never lets an older frame overwrite a newer one", () => {
    const { made, changes } = store();
    made.snapshot(snapshot({ incident: [one("new")] }, 50));
    expect(made.update(update(49, { incident: [one("old")] }))).toBe("old");
    expect(made.all("incident")).toEqual([one("new")]);
    expect(made.seq).toBe(50);
    expect(changes).toHaveLength(1);
  });

  it("catches up with a replay of the same log only", () => {
    const { made } = store();
    made.snapshot(snapshot({ incident: [one("a")] }));
    expect(made.replay(replay(30, "other", { incident: [one("x")] }))).toBe("foreign");
    expect([made.seq, made.all("incident")[0]?.title]).toEqual([10, "a"]);
    expect(made.replay(replay(30, "a", { incident: [one("b")] }))).toBe("applied");
    expect([made.seq, made.all("incident")[0]?.title, made.exercise]).toEqual([30, "b", false]);
  });

  it("ignores kinds of a newer server", () => {
    const { made } = store();
    made.snapshot(snapshot({ boat: [{ id: "b1" }] }));
    expect(made.update(update(11, { boat: [{ id: "b2" }] }, { boat: ["b1"] }))).toBe("applied");
    expect(made.size("incident")).toBe(0);
  });

  it("equals a fresh snapshot after any order of updates", () => {
    const pushed = store().made;
    pushed.snapshot(snapshot({ incident: [one("a"), one("b", "i2")] }));
    pushed.update(update(11, { incident: [one("c", "i3")] }));
    pushed.update(update(12, {}, { incident: ["i1"] }));
    pushed.update(update(13, { incident: [one("B", "i2")] }));
    const fresh = store().made;
    fresh.snapshot(snapshot({ incident: [one("B", "i2"), one("c", "i3")] }, 13));
    expect(pushed.all("incident")).toEqual(fresh.all("incident"));
    expect(pushed.seq).toBe(fresh.seq);
  });

  it("stops calling back when asked to", () => {
    const made = new Store<Kinds>(["incident", "person"]);
    let calls = 0;
    const stop = made.subscribe(() => calls++);
    made.snapshot(snapshot({}));
    stop();
    made.snapshot(snapshot({}));
    expect(calls).toBe(1);
  });

  it("drops what a bounded view no longer holds, without a word", () => {
    const { made, changes } = store();
    made.snapshot(snapshot({ incident: [one("a")] }));
    made.drop("incident", ["i1"]);
    expect(made.size("incident")).toBe(0);
    expect(changes).toHaveLength(1);
  });
});
