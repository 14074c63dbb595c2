import { afterEach, describe, expect, it, vi } from "vitest";
import { keptLinks, readLinks } from "../src/phone/handoff";
import { forgetKept } from "../src/phone/kept";

const SITE = { lon: 113.65, lat: 34.75, name: "Gate" };
const LINKS = [
  { app: "amap", names: { zh: "高德地图", en: "AMap" }, url: "https://uri.amap.com/x" },
];

function storage(full = false) {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => {
      if (full) throw new Error("full");
      kept.set(key, value);
    },
    removeItem: (key: string) => void kept.delete(key),
  };
}

const answer = (body: unknown, status = 200) =>
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body), { status }));

afterEach(() => vi.unstubAllGlobals());

describe("navigation links", () => {
  it("are kept for when there is no network", async () => {
    const store = storage();
    answer({ links: LINKS });
    expect(await readLinks(store, "a-1")).toEqual(LINKS);
    expect(keptLinks(store, "a-1", SITE)).toEqual(LINKS);
  });

  it("are those of this task only, else the phone's own app", async () => {
    const store = storage();
    answer({ links: LINKS });
    await readLinks(store, "a-1");
    expect(keptLinks(store, "a-2", SITE).map(({ url }) => url)).toEqual([
      "geo:34.75,113.65?q=34.75,113.65",
    ]);
  });

  it("stay what they were when the server cannot be asked", async () => {
    answer({ error: { code: "FORBIDDEN", message: "" } }, 403);
    expect(await readLinks(storage(), "a-1")).toBeNull();
    answer({ links: [] });
    expect(await readLinks(storage(), "a-1")).toBeNull();
  });

  it("work without storage, and with what is not ours in it", async () => {
    answer({ links: LINKS });
    expect(await readLinks(storage(true), "a-1")).toEqual(LINKS);
    const store = storage();
    store.kept.set("dispatch.handoff", "{");
    expect(keptLinks(store, "a-1", SITE)[0]?.app).toBe("geo");
  });

  it("are forgotten with everything else", async () => {
    const store = storage();
    answer({ links: LINKS });
    await readLinks(store, "a-1");
    forgetKept(store);
    expect(store.kept.size).toBe(0);
  });
});
