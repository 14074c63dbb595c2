// The state of the commander's page: one selection, one form, one question at a time.

import { Sender } from "../shared/actions";
import { serverNow, setOffset } from "../shared/clock.svelte";
import { Failure, get, hasSession, post } from "../shared/http";
import { Live, socketUrl, wakeOnReturn, type LiveState } from "../shared/live";
import { Reactive } from "../shared/reactive.svelte";
import { untilAnswered } from "../shared/retry";
import { Store } from "../shared/store";
import type { Problem } from "../shared/http";
import type { FeatureCollection } from "geojson";
import type {
  Answer,
  Box,
  CommandAction,
  CommandKinds,
  Id,
  Incident,
  LonLat,
  Meta,
  Need,
  PositionFix,
  Session,
  VolunteerId,
  ZoneForm,
} from "../shared/wire";
import { NO_AREAS } from "./areas";
import { readHash, writeHash, type View } from "./hash";
import { Names } from "./names.svelte";
import { board, latestPlan, touchedBy, type BoardItem, type Filter } from "./select";
import { Toasts } from "./toasts.svelte";

export type MapMode = "none" | "place" | "zone" | "measure";

export type Form =
  | { kind: "incident"; edit: Incident | null; seenSeq: number }
  | { kind: "need"; incident: Incident; edit: Need | null; seenSeq: number }
  | { kind: "zone" }
  | { kind: "files" };

export interface Question {
  title: string;
  body: string[];
  confirm: string;
  danger: boolean;
  /** Asks for a reason too, with texts to choose from. */
  reason?: { label: string; choices: string[] };
  /** Something that may be ticked besides. */
  option?: string;
  answer: (said: Said | null) => void;
}

export interface Said {
  reason: string;
  ticked: boolean;
}

const KINDS = [
  "incident",
  "need",
  "offer",
  "assignment",
  "zone",
  "weather",
  "plan",
  "person",
  "test",
  "entry",
] as const satisfies readonly (keyof CommandKinds)[];

/** The server's view holds this many timeline entries; the page keeps no more. */
const MAX_ENTRIES = 200;

export class CommandApp {
  readonly view = new Reactive(new Store<CommandKinds>(KINDS));
  readonly names = new Names();
  readonly toasts = new Toasts();
  readonly #sender = new Sender();

  meta = $state.raw<Meta | null>(null);
  session = $state.raw<Session | null>(null);
  startProblem = $state.raw<Problem | null>(null);
  live = $state.raw<LiveState>({
    status: "connecting",
    lost: false,
    lastFrameAt: null,
    offsetMs: 0,
  });
  ready = $state(false);
  exercise = $state(false);
  /** Newest position per person; replaced whole so that the map sees the change. */
  positions = $state.raw<ReadonlyMap<VolunteerId, PositionFix>>(new Map());

  shown = $state.raw<View>({ incident: null, plan: false });
  filter = $state<Filter>("open");
  form = $state.raw<Form | null>(null);
  /** Whom the panel shows, and for which need they were looked at. */
  person = $state.raw<{ id: VolunteerId; need: Id | null } | null>(null);
  /** The need for which somebody else is sought, and instead of whom. */
  choosing = $state.raw<{ need: Id; instead: VolunteerId | null } | null>(null);
  /** What the map is asked: who reaches an incident or a place, or what a skill covers. */
  looking = $state.raw<{ kind: "reach" | "coverage"; incident: Id | null } | null>(null);
  /** Whether people are reached at all: the panel for reach tests. */
  testing = $state(false);
  /** The areas that answer it. */
  areas = $state.raw<FeatureCollection>(NO_AREAS);
  /** The part of the map in sight: west, south, east, north. */
  box = $state.raw<readonly [number, number, number, number] | null>(null);
  mode = $state<MapMode>("none");
  /** Corners of the zone or points of the measured line. */
  corners = $state.raw<LonLat[]>([]);
  /** Grows when stations were brought in, so that the map asks for them again. */
  stationsRead = $state(0);
  /** What the corners of a zone make. */
  zoneForm = $state<ZoneForm>("AREA");
  place = $state.raw<LonLat | null>(null);
  centre = $state.raw<LonLat | null>(null);
  /** Where the map should go; a new object each time. */
  flyTo = $state.raw<{ points: LonLat[] } | null>(null);
  question = $state.raw<Question | null>(null);
  help = $state(false);
  planningSince = $state<number | null>(null);
  planProblem = $state.raw<Problem | null>(null);
  /** Needs left out of the next dispatch of this plan. */
  leftOut = $state.raw<ReadonlySet<Id>>(new Set());
  /** Whether the desk goes on asking by itself after a dispatch. */
  goOn = $state(true);
  #live: Live<CommandKinds> | null = null;
  #box: Box | null = null;
  #mine = $state.raw<ReadonlySet<Id>>(new Set());

  readonly items = $derived.by<BoardItem[]>(() =>
    board(this.view.all("incident"), this.view.all("need")),
  );
  readonly selected = $derived.by<BoardItem | null>(
    () => this.items.find((item) => item.incident.number === this.shown.incident) ?? null,
  );
  readonly plan = $derived.by(() => latestPlan(this.view.all("plan")));

  /** Changes with what changes travel times: hazards and rain. */
  readonly roadsKey = $derived(
    [
      ...this.view.all("zone").map((zone) => `${zone.id} ${zone.status}`),
      ...this.view.all("weather").map((weather) => weather.rain),
    ].join(),
  );

  get mine(): ReadonlySet<Id> {
    return this.#mine;
  }

  /** The log position this screen shows, for actions that must not overwrite what it has not seen. */
  get seq(): number {
    return this.view.store.seq ?? 0;
  }

  async start(): Promise<void> {
    this.shown = readHash(location.hash);
    window.addEventListener("hashchange", () => (this.shown = readHash(location.hash)));
    try {
      [this.session, this.meta] = await untilAnswered(
        () => Promise.all([get<Session>("/api/command/session"), get<Meta>("/api/command/meta")]),
        (problem) => (this.startProblem = problem),
      );
      this.startProblem = null;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.status === 401) return leave();
      this.startProblem = error.problem;
      return;
    }
    this.exercise = this.meta.exercise;
    this.#connect();
  }

  #connect(): void {
    const { store } = this.view;
    store.subscribe((changed) => {
      if (changed.has("entry")) this.#readEntries();
      this.exercise = store.exercise;
      this.ready = true;
      document.documentElement.dataset["live"] = "ready";
    });
    const live = new Live({
      url: socketUrl("command", location),
      store,
      onState: (state) => {
        this.live = state;
        setOffset(state.offsetMs);
      },
      onPositions: (fixes) => {
        const positions = new Map(this.positions);
        for (const fix of fixes) positions.set(fix.volunteer_id, fix);
        this.positions = positions;
      },
      onNoSession: leave,
      hasSession: () => hasSession("command"),
    });
    this.#live = live;
    if (this.#box) live.look(this.#box);
    wakeOnReturn(live);
    live.start();
  }

  /** Which part of the map is seen. */
  lookAt(box: Box): void {
    this.#box = box;
    this.#live?.look(box);
  }

  #readEntries(): void {
    const { store } = this.view;
    const entries = store.all("entry");
    const touched = touchedBy(entries, this.session?.id ?? "");
    this.#mine = new Set([...this.#mine, ...touched]);
    if (entries.length <= MAX_ENTRIES) return;
    const ids = entries.map((entry) => entry.id).sort((a, b) => a - b);
    store.drop("entry", ids.slice(0, ids.length - MAX_ENTRIES));
  }

  // Actions

  /** Sends an action; a refusal comes back as a problem for the form that asked. */
  async act(action: CommandAction): Promise<{ answer: Answer } | { problem: Problem }> {
    try {
      return { answer: await this.#sender.send(action) };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.status === 401) leave();
      return { problem: error.problem };
    }
  }

  /** Sends an action whose refusal is told in a toast; returns whether it was carried out. */
  async run(action: CommandAction, doneText: string): Promise<boolean> {
    const result = await this.act(action);
    if ("problem" in result) {
      this.toasts.problem(result.problem);
      return false;
    }
    this.toasts.say(doneText);
    return true;
  }

  async makePlan(): Promise<void> {
    if (this.planningSince !== null) return;
    this.form = null;
    this.#closePanels();
    this.show({ ...this.shown, plan: true });
    this.planProblem = null;
    this.leftOut = new Set();
    this.planningSince = serverNow();
    const result = await this.act({ kind: "plan.make" });
    if ("problem" in result) this.planProblem = result.problem;
    else if (result.answer.ids.plan) await this.#arrival("plan", result.answer.ids.plan);
    this.planningSince = null;
  }

  /** An answer may overtake the frame that brings what it made. */
  #arrival(kind: "plan" | "incident", id: Id): Promise<void> {
    const { store } = this.view;
    return new Promise((done) => {
      if (store.get(kind, id)) return done();
      const give = setTimeout(finish, 10_000);
      const stop = store.subscribe(() => {
        if (store.get(kind, id)) finish();
      });
      function finish(): void {
        clearTimeout(give);
        stop();
        done();
      }
    });
  }

  async leave(): Promise<void> {
    try {
      await post("/api/command/session/leave", {});
    } catch (error) {
      if (!(error instanceof Failure) || error.network) {
        this.toasts.problem(error instanceof Failure ? error.problem : unknownProblem);
        return;
      }
    }
    leave();
  }

  // What is shown

  show(next: View): void {
    if (next.incident === this.shown.incident && next.plan === this.shown.plan) return;
    this.shown = next;
    history.pushState(null, "", location.pathname + location.search + writeHash(next));
  }

  select(number: number | null, fly = true): void {
    this.form = null;
    this.#closePanels();
    this.stopDrawing();
    this.show({ incident: number, plan: false });
    const item = this.items.find((candidate) => candidate.incident.number === number);
    if (item && fly) {
      this.flyTo = { points: [[item.incident.site.lon, item.incident.site.lat]] };
    }
  }

  /** The answer to "open" may overtake the frame that brings the incident. */
  async selectWhenThere(incident: Id): Promise<void> {
    await this.#arrival("incident", incident);
    const found = this.view.store.get("incident", incident);
    if (found) this.select(found.number);
  }

  showPerson(id: VolunteerId, need: Id | null = null): void {
    this.form = null;
    this.person = { id, need };
  }

  choose(need: Id, instead: VolunteerId | null = null): void {
    this.form = null;
    this.person = null;
    this.choosing = { need, instead };
  }

  /** Asks the map; without an incident, about a place that is still to be chosen. */
  look(kind: "reach" | "coverage"): void {
    this.form = null;
    this.#closePanels();
    this.stopDrawing();
    const incident = this.selected?.incident.id ?? null;
    if (kind === "reach" && incident === null) this.mode = "place";
    this.looking = { kind, incident };
  }

  #closePanels(): void {
    this.person = null;
    this.choosing = null;
    this.looking = null;
    this.testing = false;
  }

  testReach(): void {
    this.form = null;
    this.#closePanels();
    this.stopDrawing();
    this.testing = true;
  }

  openForm(form: Form): void {
    const { form: now } = this;
    const fresh = form.kind === "incident" && !form.edit && now?.kind === "incident" && !now.edit;
    // Asking again for a form that is open must not empty it.
    if (fresh || (form.kind === "zone" && now?.kind === "zone")) return;
    this.#closePanels();
    this.form = form;
    this.corners = [];
    if (form.kind === "incident") {
      this.place = form.edit ? [form.edit.site.lon, form.edit.site.lat] : null;
      this.mode = "place";
    } else {
      this.mode = form.kind === "zone" ? "zone" : "none";
    }
  }

  closeForm(): void {
    this.form = null;
    this.stopDrawing();
  }

  startMeasuring(): void {
    this.corners = [];
    this.mode = this.mode === "measure" ? "none" : "measure";
  }

  stopDrawing(): void {
    this.mode = "none";
    this.corners = [];
    this.place = null;
  }

  stopLooking(): void {
    this.looking = null;
    this.stopDrawing();
  }

  ask(question: Omit<Question, "answer">): Promise<Said | null> {
    return new Promise((done) => {
      this.question = {
        ...question,
        answer: (said) => {
          this.question = null;
          done(said);
        },
      };
    });
  }

  /** Esc: one step back, the innermost thing first. */
  back(): void {
    if (this.help) this.help = false;
    else if (this.mode === "measure") this.stopDrawing();
    else if (this.form) this.closeForm();
    else if (this.person !== null) this.person = null;
    else if (this.choosing !== null) this.choosing = null;
    else if (this.testing) this.testing = false;
    else if (this.looking !== null) this.stopLooking();
    else if (this.shown.plan) this.show({ ...this.shown, plan: false });
    else if (this.shown.incident !== null) this.select(null);
  }
}

const unknownProblem: Problem = { code: "NETWORK", params: {}, message: "" };

function leave(): void {
  location.assign("/locked?reason=NO_SESSION");
}

export const app = new CommandApp();
