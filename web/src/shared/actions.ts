// Commander actions: sent at once, retried with the same action_id while the network is silent.

import { Failure, newActionId, postAction } from "./http";
import type { Answer, CommandAction } from "./wire";

const RETRY_AFTER_MS = [700, 2_000];
/** Matching all open needs may take longer than an ordinary write. */
const PLAN_TIMEOUT_MS = 60_000;

export interface SenderOptions {
  post?: (actionId: string, action: CommandAction) => Promise<Answer>;
  sleep?: (ms: number) => Promise<void>;
  newId?: () => string;
}

const postCommand = (actionId: string, action: CommandAction): Promise<Answer> =>
  action.kind === "plan.make"
    ? postAction("command", actionId, action, PLAN_TIMEOUT_MS)
    : postAction("command", actionId, action);

/**
 * Sends actions. When the network stays silent the answer is unknown: the id is remembered for
 * that very body, so pressing the button again cannot act twice.
 */
export class Sender {
  readonly #post: (actionId: string, action: CommandAction) => Promise<Answer>;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #newId: () => string;
  readonly #unanswered = new Map<string, string>();

  constructor(options: SenderOptions = {}) {
    this.#post = options.post ?? postCommand;
    this.#sleep = options.sleep ?? ((ms) => new Promise((done) => setTimeout(done, ms)));
    this.#newId = options.newId ?? newActionId;
  }

  /** @throws Failure with the server's code, or NETWORK when nothing answered. */
  async send(action: CommandAction): Promise<Answer> {
    const body = JSON.stringify(action);
    const actionId = this.#unanswered.get(body) ?? this.#newId();
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await this.#post(actionId, action);
        this.#unanswered.delete(body);
        return answer;
      } catch (error) {
        if (!(error instanceof Failure) || !error.network) {
          this.#unanswered.delete(body);
          throw error;
        }
        this.#unanswered.set(body, actionId);
        const wait = RETRY_AFTER_MS[attempt];
        if (wait === undefined) throw error;
        await this.#sleep(wait);
      }
    }
  }
}
