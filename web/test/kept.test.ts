import { describe, expect, it } from "vitest";
import { forgetKept, loadKept, pictureOf, saveKept, type Kept } from "../src/phone/kept";
import { Store } from "../src/shared/store";
import type { Meta, PhoneKinds } from "../src/shared/wire";
import { at, myOffer } from "./fixtures";

function memory() {
  const map = new Map<string, string>();
  return {
    map,
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  };
}

const meta = { agency: { id: "a" } } as Meta;
const kept: Kept = { owner: 7, meta, myself: null, at: 5, picture: null };

describe("kept", () => {
  it("comes back as it was, and is forgotten when asked", () => {
    const storage = memory();
    saveKept(storage, kept);
    expect(loadKept(storage)).toEqual(kept);
    forgetKept(storage);
    expect(loadKept(storage)).toBeNull();
  });

  it.each(["{broken", "null", "[]", '{"owner":"7"}', "3"])("does not trust %s", (text) => {
    const storage = memory();
    storage.map.set("dispatch.kept.v1", text);
    expect(loadKept(storage)).toBeNull();
  });

  it("does without storage", () => {
    const broken = {
      getItem: () => null,
      setItem: () => {
        throw new Error("full");
      },
      removeItem: () => {
        throw new Error("forbidden");
      },
    };
    expect(() => saveKept(broken, kept)).not.toThrow();
    expect(() => forgetKept(broken)).not.toThrow();
  });

  it("gives a picture that fills an empty store and lets it catch up", () => {
    const offer = myOffer();
    const source = { seq: 12, logId: "log", exercise: true };
    const picture = pictureOf(
      source,
      { me: [], offer: [offer], assignment: [], warning: [], test: [] },
      at(0),
    );
    const store = new Store<PhoneKinds>(["me", "offer", "assignment", "warning"]);
    if (picture) store.snapshot(picture);
    expect(store.get("offer", offer.id)).toEqual(offer);
    expect([store.seq, store.logId, store.exercise]).toEqual([12, "log", true]);
  });

  it("has no picture before the first snapshot", () => {
    const empty = { me: [], offer: [], assignment: [], warning: [], test: [] };
    expect(pictureOf({ seq: null, logId: null, exercise: false }, empty, at(0))).toBeNull();
  });
});
