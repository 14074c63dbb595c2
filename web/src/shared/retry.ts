// Asking again until there is an answer, for the few reads a page cannot start without.

import { Failure, type Problem } from "./http";
import { backoff } from "./live";

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Whether the same question may have an answer later: silence, or a server that cannot now. */
export const passing = (failure: Failure): boolean =>
  failure.network || failure.status >= 500 || failure.status === 429;

/**
 * Resolves with the first answer. `onProblem` hears of each attempt that failed in passing.
 *
 * @throws Failure when the server refuses.
 */
export async function untilAnswered<T>(
  ask: () => Promise<T>,
  onProblem: (problem: Problem) => void,
  sleep: (ms: number) => Promise<void> = pause,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Failure) || !passing(error)) throw error;
      onProblem(error.problem);
      await sleep(backoff(attempt, Math.random()));
    }
  }
}
