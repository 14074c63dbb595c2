import { describe, expect, it } from "vitest";
import { Sender } from "../src/shared/actions";
import { Failure, NETWORK, readProblem } from "../src/shared/http";
import { untilAnswered } from "../src/shared/retry";
import type { Answer, CommandAction } from "../src/shared/wire";

const ANSWER: Answer = { seq: 1, ids: {}, repeated: false };
const silence = () => new Failure(0, { code: NETWORK, params: {}, message: "" });
const refusal = (code: string, status = 409) =>
  new Failure(status, { code, params: {}, message: "" });
const note: CommandAction = { kind: "note.add", text: "x" };

function sender(outcomes: (Answer | Failure)[]) {
  const ids: string[] = [];
  let n = 0;
  const made = new Sender({
    post: (id) => {
      ids.push(id);
      const outcome = outcomes.shift() ?? ANSWER;
      return outcome instanceof Failure ? Promise.reject(outcome) : Promise.resolve(outcome);
    },
    sleep: () => Promise.resolve(),
    newId: () => `id-${++n}`,
  });
  return { made, ids };
}

describe("sender", () => {
  it("retries silence with the same action_id", async () => {
    const { made, ids } = sender([silence(), silence(), ANSWER]);
    await expect(made.send(note)).resolves.toEqual(ANSWER);
    expect(ids).toEqual(["id-1", "id-1", "id-1"]);
  });

  it("gives up after a while, and the same body later goes out under the same action_id", async () => {
    const { made, ids } = sender([silence(), silence(), silence()]);
    await expect(made.send(note)).rejects.toMatchObject({ problem: { code: NETWORK } });
    await made.send(note);
    await made.send(note);
    expect(ids).toEqual(["id-1", "id-1", "id-1", "id-1", "id-2"]);
  });

  it("does not retry a refusal", async () => {
    const { made, ids } = sender([refusal("STALE")]);
    await expect(made.send(note)).rejects.toMatchObject({ problem: { code: "STALE" } });
    expect(ids).toHaveLength(1);
  });

  it("uses a new action_id for another body", async () => {
    const { made, ids } = sender([silence(), silence(), silence(), ANSWER]);
    await made.send(note).catch(() => undefined);
    await made.send({ kind: "note.add", text: "y" });
    expect(ids.at(-1)).toBe("id-2");
  });
});

describe("readProblem", () => {
  it("reads the contract's error", () => {
    const body = { error: { code: "NEED_FULL", params: { maximum: 8 }, message: "full" } };
    expect(readProblem(409, body)).toEqual({
      code: "NEED_FULL",
      params: { maximum: 8 },
      message: "full",
    });
  });

  it("finds what changed and what was malformed, inside params or beside them", () => {
    const changed = { entity: "need" };
    expect(readProblem(409, { error: { code: "STALE", changed } }).params).toEqual({ changed });
    expect(readProblem(409, { error: { code: "STALE", params: { changed } } }).params).toEqual({
      changed,
    });
    const fields = [{ where: "heads", reason: "no" }];
    expect(readProblem(422, { error: { code: "BAD_REQUEST", fields } }).params).toEqual({ fields });
  });

  it.each([null, "text", [], { error: "x" }, { detail: "Not Found" }])(
    "makes something usable of %j",
    (body) => {
      expect(readProblem(404, body)).toEqual({ code: "HTTP_404", params: {}, message: "" });
    },
  );
});

describe("untilAnswered", () => {
  const now = () => Promise.resolve();

  it("asks again through silence and a server that is starting", async () => {
    const outcomes = [silence(), refusal("STORE_DOWN", 503)];
    const problems: string[] = [];
    const answer = await untilAnswered(
      () => {
        const failure = outcomes.shift();
        return failure ? Promise.reject(failure) : Promise.resolve("yes");
      },
      (problem) => problems.push(problem.code),
      now,
    );
    expect(answer).toBe("yes");
    expect(problems).toEqual([NETWORK, "STORE_DOWN"]);
  });

  it("takes a refusal for an answer", async () => {
    const ask = () => Promise.reject(refusal("NO_SESSION", 401));
    await expect(untilAnswered(ask, () => undefined, now)).rejects.toMatchObject({ status: 401 });
  });
});
