// A question and its last answer: the newest question wins, and what is shown stays until then.

import { Failure, type Problem } from "../../shared/http";

/** Below this nobody has to be told that something is going on. */
const PATIENCE_MS = 300;

export class Asked<T> {
  answer = $state.raw<T | null>(null);
  failed = $state.raw<Problem | null>(null);
  slow = $state(false);
  #asked = 0;

  async ask(question: Promise<T>): Promise<void> {
    const asked = ++this.#asked;
    this.failed = null;
    const impatient = setTimeout(() => (this.slow = asked === this.#asked), PATIENCE_MS);
    try {
      const answer = await question;
      if (asked === this.#asked) this.answer = answer;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (asked === this.#asked) this.failed = error.problem;
    } finally {
      clearTimeout(impatient);
      if (asked === this.#asked) this.slow = false;
    }
  }

  /** What is still to come is not wanted any more. */
  drop(): void {
    this.#asked += 1;
    this.answer = null;
    this.failed = null;
    this.slow = false;
  }
}
