// The phone's outbox: an action is stored before it is sent and stays stored until the server has
// answered it, so a tunnel, a dead battery or a reload loses nothing and does nothing twice.
//
// localStorage and not IndexedDB: it is synchronous, so "stored before sent" needs no waiting, and
// an outbox holds a handful of small actions.

import { backoff } from "./live";
import { Failure, newActionId, postAction, type Problem } from "./http";
import { passing } from "./retry";
import type { Answer, PhoneAction, VolunteerId } from "./wire";

export interface Queued {
  action_id: string;
  action: PhoneAction;
  made_at: number;
}

export interface OutboxEvents {
  onChange: (queue: readonly Queued[]) => void;
  onRefused: (item: Queued, problem: Problem) => void;
  onDone: (item: Queued, answer: Answer) => void;
  onNoSession: () => void;
}

export interface OutboxOptions extends OutboxEvents {
  /** Whose actions these are: another person's session must never send them. */
  owner: VolunteerId;
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  post?: (actionId: string, action: PhoneAction) => Promise<Answer>;
  random?: () => number;
  now?: () => number;
  newId?: () => string;
}

const KEY = "dispatch.outbox.v1";

interface Stored {
  owner: VolunteerId;
  queue: Queued[];
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #post: (actionId: string, action: PhoneAction) => Promise<Answer>;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #newId: () => string;
  #queue: Queued[];
  #sending = false;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#post = options.post ?? ((id, action) => postAction("phone", id, action));
    this.#random = options.random ?? Math.random;
    this.#now = options.now ?? Date.now;
    this.#newId = options.newId ?? newActionId;
    this.#queue = this.#load();
  }

  get queue(): readonly Queued[] {
    return this.#queue;
  }

  /** Stores, then sends. The same action already waiting is not queued again. */
  add(action: PhoneAction): void {
    if (this.#queue.some((item) => sameIntent(item.action, action))) return void this.flush();
    const item = { action_id: this.#newId(), action, made_at: this.#now() };
    this.#save([...this.#queue, item]);
    void this.flush();
  }

  /**
   * Sends what waits, oldest first, one at a time: their order is their meaning. That something was
   * seen goes last: no answer waits for it.
   */
  async flush(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    try {
      for (let item = this.#next(); item; item = this.#next()) {
        if (!(await this.#sendOne(item))) return;
      }
    } finally {
      this.#sending = false;
    }
  }

  #next(): Queued | undefined {
    return this.#queue.find(asks) ?? this.#queue[0];
  }

  /** Returns whether the next one may be tried at once. */
  async #sendOne(item: Queued): Promise<boolean> {
    try {
      const answer = await this.#post(item.action_id, item.action);
      this.#attempt = 0;
      this.#settle(item);
      this.#options.onDone(item, answer);
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.status === 401) {
        this.#options.onNoSession();
        return false;
      }
      // Silence, a server that is too busy or cannot write: the action is still wanted.
      if (passing(error)) {
        this.#timer = setTimeout(() => void this.flush(), backoff(this.#attempt++, this.#random()));
        return false;
      }
      this.#attempt = 0;
      this.#settle(item);
      this.#options.onRefused(item, error.problem);
      return true;
    }
  }

  #settle(item: Queued): void {
    this.#save(this.#queue.filter((other) => other.action_id !== item.action_id));
  }

  #save(queue: Queued[]): void {
    this.#queue = queue;
    const stored: Stored = { owner: this.#options.owner, queue };
    try {
      if (queue.length > 0) this.#options.storage.setItem(KEY, JSON.stringify(stored));
      else this.#options.storage.removeItem(KEY);
    } catch {
      // Storage full or forbidden (private mode): the queue still lives as long as the page.
    }
    this.#options.onChange(queue);
  }

  #load(): Queued[] {
    try {
      const stored = JSON.parse(this.#options.storage.getItem(KEY) ?? "null") as Stored | null;
      return stored?.owner === this.#options.owner ? stored.queue : [];
    } catch {
      return [];
    }
  }
}

/** Whether somebody did it on purpose and waits for what becomes of it. */
export const asks = ({ action }: Queued): boolean => action.kind !== "notices.see";

/** Two taps on one button mean one action, even when a position or a comment differs. */
export function sameIntent(a: PhoneAction, b: PhoneAction): boolean {
  return intent(a) === intent(b);
}

function intent(action: PhoneAction): string {
  switch (action.kind) {
    case "availability.set":
      return `${action.kind} ${action.available} ${action.until_at ?? ""}`;
    case "offer.accept":
    case "offer.later":
    case "offer.decline":
      return `answer ${action.offer_id}`;
    case "notices.see":
      return `${action.kind} ${action.notice_ids.join()}`;
    case "duty.check_in":
    case "duty.check_out":
      return action.kind;
    default:
      return `${action.kind} ${action.assignment_id}`;
  }
}
