// The client's copy of its view: a map by kind and id. No DOM, no framework, no clock.
//
// Entities arrive whole, so repeats are harmless and applying a frame twice changes nothing.

import type { Entities, Id, Removed, Replay, Snapshot, Update } from "./wire";

export type Changed<K> = ReadonlySet<keyof K & string>;
export type Applied = "applied" | "old" | "foreign" | "gap";

export class Store<K extends object> {
  seq: number | null = null;
  logId: string | null = null;
  exercise = false;

  readonly #kinds: readonly (keyof K & string)[];
  readonly #tables = new Map<string, Map<string, unknown>>();
  readonly #listeners = new Set<(changed: Changed<K>) => void>();

  constructor(kinds: readonly (keyof K & string)[]) {
    this.#kinds = kinds;
    for (const kind of kinds) this.#tables.set(kind, new Map());
  }

  get<T extends keyof K & string>(kind: T, id: Id | number): K[T] | undefined {
    return this.#table(kind).get(String(id)) as K[T] | undefined;
  }

  all<T extends keyof K & string>(kind: T): K[T][] {
    return [...this.#table(kind).values()] as K[T][];
  }

  size(kind: keyof K & string): number {
    return this.#table(kind).size;
  }

  /** Calls back with the kinds that changed, after each frame; returns the way to stop. */
  subscribe(listener: (changed: Changed<K>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Replaces everything. */
  snapshot(frame: Snapshot): void {
    for (const table of this.#tables.values()) table.clear();
    this.#upsert(frame.view, new Set());
    this.seq = frame.seq;
    this.logId = frame.log_id;
    this.exercise = frame.exercise;
    this.#tell(new Set(this.#kinds));
  }

  /**
   * Catches up after a lost connection. "foreign" means another log: nothing is applied, and the
   * caller must ask for a snapshot.
   */
  replay(frame: Replay): Applied {
    if (frame.log_id !== this.logId) return "foreign";
    this.exercise = frame.exercise;
    return this.#apply(frame);
  }

  /**
   * One frame as it happens. "old" means it was already contained in what we have; "gap" that the
   * one before it never came: nothing is applied, and the caller must catch up.
   */
  update(frame: Update): Applied {
    return this.#misses(frame.after_seq) ? "gap" : this.#apply(frame);
  }

  /** The server says where it stands, hidden updates included: from there we can go on later. */
  reached(seq: number, afterSeq: number): Applied {
    if (this.#misses(afterSeq)) return "gap";
    if (this.seq !== null && seq > this.seq) this.seq = seq;
    return "applied";
  }

  #misses(afterSeq: number): boolean {
    return this.seq !== null && afterSeq > this.seq;
  }

  /** Forgets entities of a kind, for views that the server bounds and the client must bound too. */
  drop(kind: keyof K & string, ids: Iterable<Id | number>): void {
    const table = this.#table(kind);
    for (const id of ids) table.delete(String(id));
  }

  #apply(frame: { seq: number; upserts: Entities; removed: Removed }): Applied {
    if (this.seq !== null && frame.seq < this.seq) return "old";
    const changed = new Set<keyof K & string>();
    this.#upsert(frame.upserts, changed);
    for (const [kind, ids] of Object.entries(frame.removed)) {
      const table = this.#tables.get(kind);
      if (!table) continue;
      for (const id of ids) if (table.delete(String(id))) changed.add(kind as keyof K & string);
    }
    this.seq = frame.seq;
    this.#tell(changed);
    return "applied";
  }

  #upsert(entities: Entities, changed: Set<keyof K & string>): void {
    for (const [kind, list] of Object.entries(entities)) {
      // A newer server may send kinds this page does not know yet.
      const table = this.#tables.get(kind);
      if (!table) continue;
      for (const entity of list) table.set(String(entity.id), entity);
      if (list.length > 0) changed.add(kind as keyof K & string);
    }
  }

  #tell(changed: Changed<K>): void {
    if (changed.size > 0) for (const listener of this.#listeners) listener(changed);
  }

  #table(kind: string): Map<string, unknown> {
    const table = this.#tables.get(kind);
    if (!table) throw new Error(`the store has no kind ${kind}`);
    return table;
  }
}
