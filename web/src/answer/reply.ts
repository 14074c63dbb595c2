// The answer somebody gave by their link: stored before it is sent, and sent under the same id until
// the server has it, so a tunnel or a reload loses nothing and answers nothing twice.

import { newActionId, post, type Problem } from "../shared/http";
import { untilAnswered } from "../shared/retry";
import type { Answer, DeclineReason, Means } from "../shared/wire";

export type Said =
  | { answer: "accept"; brings: Means[] }
  | { answer: "later"; ready_in_s: number; brings: Means[] }
  | { answer: "decline"; reason: DeclineReason };

export interface Reply {
  token: string;
  action_id: string;
  said: Said;
  at: number;
}

/** With the address to come in by, for who is expected. */
export type LinkAnswer = Answer & { enter?: string };

export type KeptReplies = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEY = "dispatch.answer.v1";

export const pathOf = (token: string): string => `/api/answer/${encodeURIComponent(token)}`;

/** `/a/{token}`. */
export const tokenOf = (pathname: string): string =>
  decodeURIComponent(pathname.split("/")[2] ?? "");

export function newReply(token: string, said: Said, now = Date.now()): Reply {
  return { token, action_id: newActionId(), said, at: now };
}

/** What was said by this link before, on this phone. */
export function keptReply(storage: KeptReplies, token: string): Reply | null {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? "null") as Reply | null;
    return kept?.token === token ? kept : null;
  } catch {
    return null;
  }
}

export function keepReply(storage: KeptReplies, reply: Reply | null): void {
  try {
    if (reply) storage.setItem(KEY, JSON.stringify(reply));
    else storage.removeItem(KEY);
  } catch {
    // Storage forbidden: it lives as long as the page.
  }
}

/**
 * Sends until there is an answer; `onWait` hears of each attempt that failed in passing.
 *
 * @throws Failure when the server refuses.
 */
export const deliver = (
  { token, action_id, said }: Reply,
  onWait: (problem: Problem) => void,
  sleep?: (ms: number) => Promise<void>,
): Promise<LinkAnswer> =>
  untilAnswered(() => post<LinkAnswer>(pathOf(token), { action_id, ...said }), onWait, sleep);

/** Waits so long, or until the network is back. */
export const untilOnline = (ms: number): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(finish, ms);
    window.addEventListener("online", finish);
    function finish(): void {
      clearTimeout(timer);
      window.removeEventListener("online", finish);
      done();
    }
  });

/** What became of it. */
export type Outcome = "YES" | "LATER" | "NO";

/** An answer that made an assignment is a yes, also one that said "later". */
export function outcomeOf(said: Said, answer: Answer): Outcome {
  if (said.answer === "decline") return "NO";
  return answer.ids.assignment ? "YES" : "LATER";
}
