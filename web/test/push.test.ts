import { describe, expect, it } from "vitest";
import { alertOf, endedBy, readPushed } from "../src/phone/alert";
import { isIos, pushState, type Ability } from "../src/phone/later/push";
import { readyInS } from "../src/phone/later/ready";

const able: Ability = {
  secure: true,
  ios: false,
  standalone: false,
  worker: true,
  push: true,
  permission: "granted",
  subscribed: true,
};

describe("whether alerts come while the page is closed", () => {
  it.each<[Partial<Ability>, string]>([
    [{}, "ON"],
    [{ subscribed: false }, "OFF"],
    [{ permission: "default", subscribed: false }, "OFF"],
    [{ permission: "denied" }, "BLOCKED"],
    [{ push: false }, "NONE"],
    [{ worker: false }, "NONE"],
    // An iPhone has no push manager before the page is on its home screen: say what helps.
    [{ ios: true, push: false }, "IOS_HOME"],
    [{ ios: true, standalone: true }, "ON"],
    [{ secure: false, worker: false, push: false }, "INSECURE"],
  ])("%j is %s", (some, state) => {
    expect(pushState({ ...able, ...some })).toBe(state);
  });

  it("knows an iPad that says it is a Mac", () => {
    expect(isIos("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", 5)).toBe(true);
    expect(isIos("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", 0)).toBe(false);
    expect(isIos("Mozilla/5.0 (Linux; Android 9; MI 6)", 5)).toBe(false);
  });
});

describe("an alert", () => {
  it("carries the notice as its tag, so that the same one is shown once", () => {
    const { title, options } = alertOf(
      readPushed('{"title":"请前往","body":"大桥","notice_id":"o-1","urgency":"LIFE"}'),
    );
    expect(title).toBe("请前往");
    expect(options).toMatchObject({ body: "大桥", tag: "o-1", requireInteraction: true });
    expect(options.vibrate.length).toBeGreaterThan(3);
  });

  it.each([undefined, "", "no json", "null", "7"])("is shown for %j too", (text) => {
    const { title, options } = alertOf(readPushed(text));
    expect(title).not.toBe("");
    expect(options.body).not.toBe("");
  });

  it("is taken back by the thanks for the same offer", () => {
    expect(endedBy("s-77")).toBe("o-77");
    expect(endedBy("o-77")).toBeNull();
  });
});

describe("when somebody can set out", () => {
  it.each<[string, number | null, number | null]>([
    ["", null, null],
    ["", 30, 1_800],
    ["45", 30, 2_700],
    [" 5 ", null, 300],
    ["0", 30, null],
    ["1441", null, null],
    ["soon", 30, null],
    ["-5", null, null],
    ["1.5", null, null],
  ])("typed %j, tapped %s: %s s", (typed, tapped, seconds) => {
    expect(readyInS(typed, tapped)).toBe(seconds);
  });
});
