import { describe, expect, it } from "vitest";
import {
  alarmFor,
  declared,
  endingKey,
  phaseOf,
  shownIn,
  stepIndex,
  testKey,
  unseen,
  type PhoneView,
} from "../src/phone/phase";
import type { AssignmentStatus, Me, MyAssignment, MyOffer, MyTest } from "../src/shared/wire";
import { at, myAssignment, myOffer, myTest, NOW } from "./fixtures";

const me: Me = {
  id: 7,
  status: "AVAILABLE",
  available: true,
  available_until: null,
  on_duty: false,
  resting_until: null,
};
const view = (
  offers: MyOffer[] = [],
  assignments: MyAssignment[] = [],
  tests: MyTest[] = [],
): PhoneView => ({ me, offers, assignments, tests });
const none = new Set<string>();
const name = (of: PhoneView, seen = none) => phaseOf(of, NOW, seen).name;

describe("phase", () => {
  it("waits for the first picture", () => {
    expect(name({ ...view(), me: undefined })).toBe("loading");
    expect(name(view())).toBe("idle");
  });

  it("shows the most urgent open offer first", () => {
    const phase = phaseOf(
      view([
        myOffer({ id: "late", expires_at: at(9) }),
        myOffer({ id: "soon", expires_at: at(2) }),
      ]),
      NOW,
      none,
    );
    expect(phase).toMatchObject({ name: "offer", offer: { id: "soon" }, others: 1 });
  });

  it("does not offer what can no longer be answered", () => {
    expect(phaseOf(view([myOffer({ expires_at: at(-1) })]), NOW, none)).toMatchObject({
      name: "ended",
      why: "EXPIRED",
    });
  });

  it.each<[AssignmentStatus, string]>([
    ["RESERVED", "task"],
    ["ASSIGNED", "task"],
    ["EN_ROUTE", "task"],
    ["ON_SCENE", "task"],
    ["RELEASED", "home"],
    ["HOME", "ended"],
    ["STOOD_DOWN", "ended"],
  ])("an assignment that is %s shows %s", (status, expected) => {
    const home_at = status === "HOME" ? at(-1) : null;
    const stood_down_at = status === "STOOD_DOWN" ? at(-1) : null;
    expect(name(view([], [myAssignment({ status, home_at, stood_down_at })]))).toBe(expected);
  });

  it("puts a task before any offer, and an offer before the way home", () => {
    const open = myOffer({ id: "o2" });
    expect(name(view([open], [myAssignment()]))).toBe("task");
    expect(name(view([open], [myAssignment({ status: "RELEASED" })]))).toBe("offer");
  });

  it("shows the call that would replace a task not yet begun, and no other", () => {
    const waiting = myAssignment({ id: "a1", status: "ASSIGNED" });
    const call = myOffer({ id: "call", replaces: "a1", expires_at: at(9) });
    const other = myOffer({ id: "other", expires_at: at(2) });
    expect(phaseOf(view([other, call], [waiting]), NOW, none)).toMatchObject({
      name: "offer",
      offer: { id: "call" },
      others: 1,
      leaves: { id: "a1" },
    });
    expect(name(view([call], [{ ...waiting, status: "EN_ROUTE" }]))).toBe("task");
    expect(name(view([{ ...call, replaces: "a0" }], [waiting]))).toBe("task");
    expect(phaseOf(view([other]), NOW, none)).toMatchObject({ leaves: null });
  });

  it("asks who was turned back on the way to say when they are home", () => {
    const turned = { status: "STOOD_DOWN", stood_down_at: at(-9), en_route_at: at(-20) } as const;
    expect(name(view([], [myAssignment(turned)]))).toBe("home");
    expect(
      phaseOf(view([], [myAssignment({ ...turned, home_at: at(-1) })]), NOW, none),
    ).toMatchObject({ name: "ended", why: "STOOD_DOWN" });
  });

  it("thanks once, and not for what is long ago", () => {
    const withdrawn = view([myOffer({ status: "WITHDRAWN", answered_at: at(-2) })]);
    const ended = phaseOf(withdrawn, NOW, none);
    expect(ended).toMatchObject({ name: "ended", why: "WITHDRAWN" });
    expect(name(withdrawn, new Set([endingKey(ended)!]))).toBe("idle");
    expect(name(view([myOffer({ status: "WITHDRAWN", answered_at: at(-60 * 13) })]))).toBe("idle");
  });

  it("says nothing about what the person answered themselves", () => {
    expect(name(view([myOffer({ status: "DECLINED", answered_at: at(-1) })]))).toBe("idle");
    expect(name(view([myOffer({ status: "ACCEPTED", answered_at: at(-1) })]))).toBe("idle");
  });

  it("says what became of a promise to come later", () => {
    const promised = myOffer({ status: "DECLINED", answered_at: at(-1), ready_at: at(120) });
    expect(phaseOf(view([promised]), NOW, none)).toMatchObject({ name: "ended", why: "LATER" });
  });

  it("asks for a reach test only who has nothing else to do", () => {
    const test = myTest();
    expect(phaseOf(view([], [], [test]), NOW, none)).toMatchObject({ name: "test", test });
    expect(name(view([myOffer()], [], [test]))).toBe("offer");
    expect(name(view([], [myAssignment()], [test]))).toBe("task");
    expect(name(view([], [], [myTest({ ends_at: at(-1) })]))).toBe("idle");
  });

  it("thanks for a test until the thanks are read", () => {
    const test = myTest({ seen_at: at(-1) });
    expect(name(view([], [], [test]))).toBe("test");
    expect(name(view([], [], [test]), new Set([testKey(test)]))).toBe("idle");
  });

  it("shows the latest of two endings", () => {
    const phase = phaseOf(
      view(
        [myOffer({ status: "WITHDRAWN", answered_at: at(-1) })],
        [myAssignment({ status: "HOME", home_at: at(-50) })],
      ),
      NOW,
      none,
    );
    expect(phase).toMatchObject({ name: "ended", why: "WITHDRAWN" });
  });

  it("counts the steps of a task", () => {
    const steps = (
      ["RESERVED", "ASSIGNED", "EN_ROUTE", "ON_SCENE", "RELEASED", "HOME"] as const
    ).map((status) => stepIndex(myAssignment({ status })));
    expect(steps).toEqual([0, 0, 1, 2, 3, 3]);
  });
});

describe("what is seen", () => {
  const seenIn = (of: PhoneView) => unseen(shownIn(phaseOf(of, NOW, none)));

  it("is the offer shown, and not the one behind it", () => {
    const first = myOffer({ notice_id: "o-1", expires_at: at(2) });
    const second = myOffer({ id: "o2", notice_id: "o-2", expires_at: at(9) });
    expect(seenIn(view([first, second]))).toEqual(["o-1"]);
  });

  it("is a recall, on the way home or at the end", () => {
    const recall = { status: "STOOD_DOWN", stood_down_at: at(-1), notice_id: "r-a1" } as const;
    expect(seenIn(view([], [myAssignment(recall)]))).toEqual(["r-a1"]);
    expect(seenIn(view([], [myAssignment({ ...recall, en_route_at: at(-9) })]))).toEqual(["r-a1"]);
  });

  it("is nothing that was seen before, and no test before it is answered", () => {
    expect(seenIn(view([myOffer({ seen_at: at(-1) })]))).toEqual([]);
    expect(seenIn(view([], [], [myTest()]))).toEqual([]);
    expect(seenIn(view([], [myAssignment()]))).toEqual([]);
  });
});

describe("availability", () => {
  it("holds until its time, then the registered times decide", () => {
    expect(declared(me, NOW)).toBe(true);
    expect(declared({ ...me, available: null }, NOW)).toBeNull();
    expect(declared({ ...me, available: false, available_until: at(5) }, NOW)).toBe(false);
    expect(declared({ ...me, available_until: at(0) }, NOW)).toBeNull();
  });
});

describe("alarm", () => {
  it("rings for a new reach test, and not instead of an offer", () => {
    const tested = view([], [], [myTest()]);
    expect(alarmFor(view(), tested, NOW)).toBe("test");
    expect(alarmFor(tested, tested, NOW)).toBeNull();
    expect(alarmFor(view(), view([myOffer()], [], [myTest()]), NOW)).toBe("offer");
  });

  it("rings for a new offer, once", () => {
    const offered = view([myOffer()]);
    expect(alarmFor(view(), offered, NOW)).toBe("offer");
    expect(alarmFor(offered, offered, NOW)).toBeNull();
  });

  it("sounds different for a stand-down", () => {
    const down = view([], [myAssignment({ status: "STOOD_DOWN" })]);
    expect(alarmFor(view([], [myAssignment()]), down, NOW)).toBe("stand-down");
    expect(alarmFor(down, down, NOW)).toBeNull();
    expect(alarmFor(view(), down, NOW)).toBeNull();
  });

  it("is silent about a task left for another one by the person's own word", () => {
    const left = myAssignment({ status: "STOOD_DOWN", stood_down_because: "MOVED" });
    expect(alarmFor(view([], [myAssignment()]), view([], [left]), NOW)).toBeNull();
  });

  it("is silent about offers that are over", () => {
    expect(alarmFor(view(), view([myOffer({ expires_at: at(-1) })]), NOW)).toBeNull();
    expect(alarmFor(view(), view([myOffer({ status: "WITHDRAWN" })]), NOW)).toBeNull();
  });
});
