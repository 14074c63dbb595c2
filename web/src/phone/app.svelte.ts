// The state of the phone page. Warning: everything imported here is part of the first load, which
// has a budget (scripts/budget.mjs); the map must stay behind a dynamic import.

import { serverNow, setOffset } from "../shared/clock.svelte";
import { Failure, get, hasSession } from "../shared/http";
import { Live, socketUrl, wakeOnReturn, type LiveState } from "../shared/live";
import { asks, Outbox, type Queued } from "../shared/outbox";
import { Reactive } from "../shared/reactive.svelte";
import { untilAnswered } from "../shared/retry";
import { Store } from "../shared/store";
import type { Problem } from "../shared/http";
import type {
  Id,
  Meta,
  Myself,
  MyTest,
  PhoneAction,
  PhoneKinds,
  Session,
  VolunteerId,
  Warning,
} from "../shared/wire";
import { forgetKept, loadKept, pictureOf, saveKept, type Kept } from "./kept";
import { alarmFor, endingKey, phaseOf, testKey, type Phase, type PhoneView } from "./phase";
import { reportThrough } from "./position.svelte";
import { sound } from "./sound";

const SEEN_KEY = "dispatch.seen";
/** A frame that is not here after this long will not come because of this action. */
const SETTLE_MS = 4_000;

export class PhoneApp {
  readonly view = new Reactive(
    new Store<PhoneKinds>(["me", "offer", "assignment", "warning", "test"]),
  );
  meta = $state.raw<Meta | null>(null);
  myself = $state.raw<Myself | null>(null);
  startProblem = $state.raw<Problem | null>(null);
  live = $state.raw<LiveState>({
    status: "connecting",
    lost: false,
    lastFrameAt: null,
    offsetMs: 0,
  });
  exercise = $state(false);
  queue = $state.raw<readonly Queued[]>([]);
  /** The last refusal, until it is dismissed or something else is done. */
  refusal = $state.raw<Problem | null>(null);
  #seen = $state.raw<ReadonlySet<string>>(loadSeen());
  #settling = $state.raw<readonly Queued[]>([]);
  #outbox: Outbox | null = null;
  #before: PhoneView | null = null;
  /** Said to have been seen; the picture may take a while to say so too. */
  readonly #saw = new Set<Id>();
  #owner: VolunteerId = 0;

  readonly phase = $derived.by<Phase>(() => phaseOf(this.#current(), serverNow(), this.#seen));
  /** Zones the person is inside of and has not yet said to have understood. */
  readonly dangers = $derived(
    this.view.all("warning").filter((warning) => !this.#seen.has(dangerKey(warning))),
  );
  /** Running tests that nobody has answered yet. */
  readonly tests = $derived(this.view.all("test").filter((test) => test.seen_at === null));
  readonly online = $derived(this.live.status === "live");

  #current(): PhoneView {
    return {
      me: this.view.all("me")[0],
      offers: this.view.all("offer"),
      assignments: this.view.all("assignment"),
      tests: this.view.all("test"),
    };
  }

  async start(): Promise<void> {
    const kept = loadKept(localStorage);
    if (kept) this.#resume(kept);
    try {
      const [session, meta] = await untilAnswered(
        () => Promise.all([get<Session>("/api/phone/session"), get<Meta>("/api/phone/meta")]),
        (problem) => (this.startProblem = kept ? null : problem),
      );
      this.startProblem = null;
      const owner = Number(session.id);
      if (kept && kept.owner !== owner) {
        // Somebody else's phone now: nothing of the one before may be shown or sent.
        forgetKept(localStorage);
        return location.reload();
      }
      this.meta = meta;
      this.exercise = meta.exercise;
      if (!kept) this.#begin(owner);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.status === 401) return leave();
      this.startProblem = error.problem;
      return;
    }
    await this.readMyself();
  }

  /** Opens with what was kept; the network follows when it can. */
  #resume(kept: Kept): void {
    this.meta = kept.meta;
    this.myself = kept.myself;
    if (kept.picture) this.view.store.snapshot(kept.picture);
    this.exercise = this.view.store.exercise;
    this.#begin(kept.owner, kept.picture ? kept.at : undefined);
  }

  #begin(owner: VolunteerId, keptAt?: number): void {
    this.#owner = owner;
    this.#openOutbox(owner);
    this.#connect(keptAt);
  }

  #keep(): void {
    if (!this.meta) return;
    const { store } = this.view;
    const view = {
      me: store.all("me"),
      offer: store.all("offer"),
      assignment: store.all("assignment"),
      warning: store.all("warning"),
      test: store.all("test"),
    };
    saveKept(localStorage, {
      owner: this.#owner,
      meta: this.meta,
      myself: this.myself,
      at: this.live.lastFrameAt ?? Date.now(),
      picture: pictureOf(store, view, new Date(serverNow()).toISOString()),
    });
  }

  #openOutbox(owner: number): void {
    const outbox = new Outbox({
      owner,
      storage: localStorage,
      onChange: (queue) => this.#queued(queue),
      onRefused: (item, problem) => {
        // Nobody asked for it: what is refused of having seen something is no news.
        if (asks(item)) this.refusal = problem;
      },
      onDone: (item, answer) => this.#answered(item, answer.seq),
      onNoSession: leave,
    });
    this.#outbox = outbox;
    this.#queued(outbox.queue);
    void outbox.flush();
    window.addEventListener("online", () => void outbox.flush());
  }

  #queued(queue: readonly Queued[]): void {
    this.queue = queue.filter(asks);
  }

  #connect(keptAt?: number): void {
    const { store } = this.view;
    this.#before = store.seq === null ? null : this.#current();
    store.subscribe(() => {
      this.exercise = store.exercise;
      const now = this.#current();
      const alarm = this.#before && alarmFor(this.#before, now, serverNow());
      if (alarm) sound(alarm);
      this.#before = now;
      this.#keep();
    });
    const live = new Live({
      url: socketUrl("phone", location),
      store,
      onState: (state) => {
        if (state.status === "live" && this.live.status !== "live") {
          document.documentElement.dataset["live"] = "ready";
          void this.#outbox?.flush();
        }
        this.live = state;
        setOffset(state.offsetMs);
      },
      onNoSession: leave,
      hasSession: () => hasSession("phone"),
      ...(keptAt === undefined ? {} : { keptAt }),
    });
    reportThrough(live);
    wakeOnReturn(live);
    live.start();
    // The age of the kept picture is that of the last frame, also after a quiet hour.
    window.addEventListener("pagehide", () => this.#keep());
  }

  /** Skills, cover and what is missing: changes rarely, so it is read and not pushed. */
  async readMyself(): Promise<void> {
    try {
      this.myself = await get<Myself>("/api/phone/me");
      this.#keep();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.status === 401) leave();
    }
  }

  act(action: PhoneAction): void {
    this.refusal = null;
    this.#outbox?.add(action);
  }

  /** These are in front of the person; each is said once. */
  see(notices: readonly Id[]): void {
    const fresh = notices.filter((id) => !this.#saw.has(id));
    if (fresh.length === 0 || !this.#outbox) return;
    for (const id of fresh) this.#saw.add(id);
    this.#outbox.add({ kind: "notices.see", notice_ids: fresh });
  }

  /** Whether an action of this kind is on its way, or answered and not yet in the picture. */
  waiting(...kinds: PhoneAction["kind"][]): boolean {
    return [...this.queue, ...this.#settling].some((item) => kinds.includes(item.action.kind));
  }

  /** The answer may overtake the frame: until then the button must not come back. */
  #answered(item: Queued, seq: number): void {
    if (!asks(item)) return;
    this.refusal = null;
    const { store } = this.view;
    if (store.seq !== null && store.seq >= seq) return;
    this.#settling = [...this.#settling, item];
    const settled = () => {
      clearTimeout(limit);
      stop();
      this.#settling = this.#settling.filter((other) => other !== item);
    };
    const limit = setTimeout(settled, SETTLE_MS);
    const stop = store.subscribe(() => {
      if ((store.seq ?? 0) >= seq) settled();
    });
  }

  /** The ending was read; the next state may show. */
  dismissEnding(): void {
    this.#read(endingKey(this.phase));
  }

  /** The thanks for a test were read. */
  dismissTest(test: MyTest): void {
    this.#read(testKey(test));
  }

  understood(warning: Warning): void {
    this.#read(dangerKey(warning));
  }

  #read(key: string | null): void {
    if (key === null) return;
    this.#seen = new Set([...this.#seen, key].slice(-20));
    try {
      localStorage.setItem(SEEN_KEY, JSON.stringify([...this.#seen]));
    } catch {
      // Storage forbidden: the ending shows again after a reload.
    }
  }
}

const dangerKey = (warning: Warning): string => `zone ${warning.id}`;

function loadSeen(): Set<string> {
  try {
    const seen: unknown = JSON.parse(localStorage.getItem(SEEN_KEY) ?? "[]");
    return new Set(Array.isArray(seen) ? seen.map(String) : []);
  } catch {
    return new Set();
  }
}

function leave(): void {
  forgetKept(localStorage);
  location.assign("/locked?reason=NO_SESSION");
}

export const app = new PhoneApp();
