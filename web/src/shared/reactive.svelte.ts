// A bridge from the headless store to components: reading a kind subscribes to that kind.

import type { Store } from "./store";
import type { Id } from "./wire";

export class Reactive<K extends object> {
  readonly store: Store<K>;
  readonly #versions: Record<string, number> = $state({});

  constructor(store: Store<K>) {
    this.store = store;
    store.subscribe((changed) => {
      for (const kind of changed) this.#versions[kind] = (this.#versions[kind] ?? 0) + 1;
    });
  }

  all<T extends keyof K & string>(kind: T): K[T][] {
    void this.#versions[kind];
    return this.store.all(kind);
  }

  get<T extends keyof K & string>(kind: T, id: Id | number): K[T] | undefined {
    void this.#versions[kind];
    return this.store.get(kind, id);
  }
}
