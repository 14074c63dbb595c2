import { describe, expect, it } from "vitest";
import { texts as commandEn } from "../src/command/texts/en";
import { texts as commandZh } from "../src/command/texts/zh";
import { messages as planEn } from "../src/command/plan/texts/messages.en";
import { messages as planZh } from "../src/command/plan/texts/messages.zh";
import { commandDetail } from "../src/command/details";
import { MESSAGES as locked } from "../src/locked/messages";
import { TEXTS as ANSWER } from "../src/answer/texts";
import { TEXTS as PEOPLE } from "../src/command/people/texts";
import { TEXTS as LATER } from "../src/phone/later/texts";
import { texts as phoneEn } from "../src/phone/texts/en";
import { texts as phoneZh } from "../src/phone/texts/zh";
import { codeText, problemText } from "../src/shared/codes";
import { chooseLanguage } from "../src/shared/i18n";
import { DECLINE_REASONS, MEANS } from "../src/shared/wire";

type Leaf = string | number | ((...args: never[]) => unknown);

/** All texts by path; functions are called with plausible arguments. */
function leaves(value: unknown, path = ""): Map<string, string> {
  if (value !== null && typeof value === "object") {
    return new Map(
      Object.entries(value).flatMap(([key, inner]) => [
        ...leaves(inner, path ? `${path}.${key}` : key),
      ]),
    );
  }
  return new Map([[path, leafText(value as Leaf)]]);
}

function leafText(leaf: Leaf): string {
  if (typeof leaf !== "function") return String(leaf);
  const said = (leaf as (...args: unknown[]) => unknown)(3, 2, 4, 5);
  return Array.isArray(said) ? said.join(" ") : String(said);
}

const hanzi = /[\u4e00-\u9fff]/;
/** The same in both languages on purpose. */
const SAME = new Set([
  "messages.covered", // insurer and sum
  "messages.pair", // only the colon differs
  "messages.languages.zh", // each by its own name
  "messages.languages.en",
  "messages.keyNamesShort.Escape",
  "messages.keyNamesShort.Enter",
  "messages.keyNamesShort.Backspace",
]);

describe.each([
  ["command", commandEn, commandZh],
  ["plan", { messages: planEn }, { messages: planZh }],
  ["phone", phoneEn, phoneZh],
  ["command, people", { messages: PEOPLE.en }, { messages: PEOPLE.zh }],
  ["answer", { messages: ANSWER.en }, { messages: ANSWER.zh }],
  ["phone, later", { messages: LATER.en }, { messages: LATER.zh }],
  ["locked", locked.en, locked.zh],
])("texts of %s", (page, en, zh) => {
  const english = leaves(en);
  const chinese = leaves(zh);

  it("have the same keys in both languages", () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
    expect(english.size).toBeGreaterThan(5);
  });

  it("are never empty", () => {
    for (const table of [english, chinese]) {
      expect([...table].filter(([, text]) => text.trim() === "")).toEqual([]);
    }
  });

  it("are really translated", () => {
    const same = [...english].filter(([key, text]) => chinese.get(key) === text && !SAME.has(key));
    expect(same).toEqual([]);
    const notChinese = [...chinese].filter(([key, text]) => !hanzi.test(text) && !SAME.has(key));
    expect(notChinese).toEqual([]);
  });

  it("carry no Chinese in English", () => {
    // A language is called by its own name.
    const own = new Set(["messages.languages.zh"]);
    const mixed = [...english].filter(([key, text]) => hanzi.test(text) && !own.has(key));
    expect(mixed, page).toEqual([]);
  });
});

describe("codes", () => {
  const ERRORS = (
    "NO_SESSION FORBIDDEN BAD_ORIGIN NOT_FOUND STALE ILLEGAL_STATE BAD_REQUEST ACTION_ID_REUSED " +
    "PLANNER_DOWN STORE_DOWN OFFER_EXPIRED OFFER_WITHDRAWN OFFER_ANSWERED NEED_FULL NEED_OVER COVER_TOO_SHORT SEEN_AHEAD " +
    "NEED_NOT_PUBLISHED INCIDENT_CLOSED NOT_ELIGIBLE ALREADY_ASSIGNED UNVERIFIED " +
    "NO_RISK_ASSESSMENT NO_SAFETY_PLAN DEADLINE_PASSED ENDS_BEFORE_DEADLINE TOO_FAR_AHEAD " +
    "PLAN_SUPERSEDED NOTHING_TO_PLAN NOTHING_TO_OFFER NOTHING_CHANGED HEADS_BELOW_TAKEN " +
    "NO_WAY TOO_MANY BAD_LEVEL BAD_REACH BAD_ZONE BAD_FILE NO_REGION BAD_PACE ENDS_BEFORE_IT_STARTS UNKNOWN_SKILL UNKNOWN_KIND UNKNOWN_REGION TEXT_TOO_LONG " +
    "TEXT_EMPTY LINK_USED LINK_UNKNOWN NETWORK " +
    "NOT_ALERTING BAD_ALERT_POLICY PAIR_EXCLUDED NOTHING_TO_FREE TOO_LATE"
  ).split(" ");
  const REASONS = (
    "STATUS TIER AGE FITNESS SKILL CREDENTIAL TRAINING COVER JURISDICTION UNAVAILABLE BUSY " +
    "OFFERED RESTING CAPPED CONSENT EXCLUDED DECLINED REACH CUT_OFF"
  ).split(" ");
  const EVENTS = (
    "IncidentOpened IncidentUpdated IncidentClosed NeedAdded NeedUpdated NeedPublished NeedClosed " +
    "PlanMade PlanDispatched OfferMade OfferAccepted OfferDeclined OfferExpired OfferWithdrawn " +
    "Departed Arrived Released ReachedHome StoodDown AvailabilitySet CheckedIn CheckedOut " +
    "NoteAdded ZoneDrawn ZoneCleared AlertingStarted WaveMade FillDoubted AlertingStopped " +
    "PairPinned PairExcluded PairFreed ReachTestStarted ReachTestEnded"
  ).split(" ");
  const BECAUSE =
    "FILLED TOOK_ANOTHER NEED_CLOSED INCIDENT_CLOSED HAZARD_RAISED EXCLUDED MOVED".split(" ");
  const WAVES = "PLAN STARTED DECLINED STOOD_DOWN EXPIRED SILENCE".split(" ");
  const DOUBTS = "UNLIKELY NO_YES NOBODY_LEFT PLANNER_DOWN".split(" ");
  const POSTS = "ANY EXPERIENCED LEADER SAFETY".split(" ");
  const POLICIES = "hold fixed-waves replace-on-decline nearest broadcast exactly".split(" ");
  const TERMS =
    "turnout travel late substitute surplus off_duty fatigue load stale doubt disruption".split(
      " ",
    );
  const OUTCOMES = "UNKNOWN STOPPED CHOSEN PINNED ELSEWHERE DEARER FILLED".split(" ");
  const MENDABLE = "CREDENTIAL TRAINING COVER JURISDICTION UNAVAILABLE CONSENT REACH".split(" ");

  it("cover everything the server may say", () => {
    const { codes, events, messages } = commandEn;
    expect(ERRORS.filter((code) => !(code in codes.error))).toEqual([]);
    expect(REASONS.filter((code) => !(code in codes.reason))).toEqual([]);
    for (const table of [planEn.rule, planEn.held]) {
      expect(REASONS.filter((code) => !(code in table))).toEqual([]);
    }
    expect(BECAUSE.filter((code) => !(code in codes.because))).toEqual([]);
    for (const table of [codes.wave, messages.alert.why]) {
      expect(WAVES.filter((code) => !(code in table))).toEqual([]);
    }
    for (const table of [codes.doubt, messages.alert.doubt]) {
      expect(DOUBTS.filter((code) => !(code in table))).toEqual([]);
    }
    expect(POLICIES.filter((kind) => !(kind in messages.alert.policy))).toEqual([]);
    expect(POSTS.filter((post) => !(post in planEn.post))).toEqual([]);
    expect(TERMS.filter((term) => !(term in planEn.term))).toEqual([]);
    expect(OUTCOMES.filter((outcome) => !(outcome in planEn.outcome))).toEqual([]);
    expect(MENDABLE.filter((reason) => !(reason in planEn.remedy))).toEqual([]);
    expect([...DECLINE_REASONS, "LATER"].filter((code) => !(code in codes.decline))).toEqual([]);
    expect(MEANS.filter((means) => !(means in codes.means))).toEqual([]);
    expect(EVENTS.filter((event) => !(event in events))).toEqual([]);
  });

  it("cover what the page behind a link may meet", () => {
    const ends = "OFFER_EXPIRED OFFER_WITHDRAWN OFFER_ANSWERED NEED_FULL LINK_UNKNOWN".split(" ");
    for (const table of [ANSWER.en.closed, ANSWER.en.closedHelp]) {
      expect(ends.filter((code) => !(code in table))).toEqual([]);
    }
    for (const why of ["QUIET_HOURS", "COST_CAP", "NO_ADDRESS"])
      expect(PEOPLE.en.why).toHaveProperty(why);
    for (const why of ["QUIET_HOURS", "COST_CAP"]) expect(PEOPLE.en.held).toHaveProperty(why);
  });

  it("cover on the phone what a volunteer may meet", () => {
    const volunteer =
      "OFFER_EXPIRED OFFER_WITHDRAWN OFFER_ANSWERED TOO_LATE NEED_FULL NEED_OVER STALE NOT_ELIGIBLE " +
      "ALREADY_ASSIGNED ILLEGAL_STATE NOT_FOUND FORBIDDEN DEADLINE_PASSED STORE_DOWN NETWORK";
    expect(volunteer.split(" ").filter((code) => !(code in phoneEn.codes.error))).toEqual([]);
  });

  it("shows an unknown code rather than nothing", () => {
    expect(codeText(phoneEn.codes.reason, "NEW_RULE")).toBe("NEW_RULE");
    const unknown = { code: "NEW", params: {}, message: "why" };
    expect(problemText(unknown, phoneEn.codes, "en")).toBe("NEW: why");
    expect(problemText({ ...unknown, message: "" }, phoneZh.codes, "zh")).toBe("NEW");
  });

  it("names every reason of NOT_ELIGIBLE", () => {
    const problem = {
      code: "NOT_ELIGIBLE",
      params: { volunteer: 3, reasons: ["COVER", "REACH"] },
      message: "",
    };
    expect(problemText(problem, phoneEn.codes, "en")).toBe(
      "Not possible for this person: no insurance that covers this, cannot be there in time.",
    );
    expect(problemText(problem, phoneZh.codes, "zh")).toBe(
      "此人不符合条件：没有适用的保险、无法按时到达。",
    );
  });

  it("says why an offer was withdrawn", () => {
    const problem = { code: "OFFER_WITHDRAWN", params: { because: "FILLED" }, message: "" };
    expect(problemText(problem, phoneEn.codes, "en")).toContain("enough people have accepted");
  });

  it("says what changed, who did it and when", () => {
    const changed = {
      entity: "need",
      id: "n1",
      event: "NeedUpdated",
      actor: { role: "commander", id: "zhou" },
      at: new Date().toISOString(),
    };
    const problem = { code: "STALE", params: { changed }, message: "" };
    const detail = commandDetail(problem, commandEn, "en");
    expect(detail).toMatch(/^need · Need changed · zhou · \d\d:\d\d$/);
    expect(commandDetail({ ...problem, params: {} }, commandEn, "en")).toBe("");
  });

  it("names malformed fields and limits", () => {
    const fields = [{ where: ["action", "heads"], reason: "too few" }];
    const bad = { code: "BAD_REQUEST", params: { fields }, message: "" };
    expect(problemText(bad, phoneEn.codes, "en")).toContain("action.heads: too few");
    const long = { code: "TEXT_TOO_LONG", params: { field: "title", most: 200 }, message: "" };
    expect(commandDetail(long, commandZh, "zh")).toBe("最多 200 字");
    const ring = { code: "BAD_ZONE", params: { problem: "SELF_INTERSECTION" }, message: "" };
    expect(commandDetail(ring, commandEn, "en")).toBe("its outline crosses itself");
    const reach = { code: "BAD_REACH", params: { least_s: 60, most_s: 86_400 }, message: "" };
    expect(commandDetail(reach, commandEn, "en")).toMatch(/00:01.*1.d.00:00/);
  });
});

describe("chooseLanguage", () => {
  it.each([
    ["zh", ["en-GB"], "zh"],
    [null, ["zh-TW", "en"], "zh"],
    [null, ["es-CL", "en-US"], "en"],
    [null, ["es-CL"], "en"],
    ["fr", ["zh-CN"], "zh"],
    [null, [], "en"],
  ])("remembered %s, preferred %j", (remembered, preferred, chosen) => {
    expect(chooseLanguage(remembered, preferred)).toBe(chosen);
  });
});
