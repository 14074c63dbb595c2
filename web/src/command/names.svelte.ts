// Names of people on the screen. Each look is logged by the server, so only those shown are asked
// for, in batches, and nobody twice.

import { SvelteMap } from "svelte/reactivity";
import { Failure, get } from "../shared/http";
import type { PersonCard, VolunteerId } from "../shared/wire";

const BATCH = 100;
const GATHER_MS = 40;
const RETRY_MS = 5_000;

export class Names {
  readonly cards = new SvelteMap<VolunteerId, PersonCard>();
  readonly #asked = new Set<VolunteerId>();
  #waiting: VolunteerId[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Call it for people that are now visible. */
  want(ids: readonly VolunteerId[]): void {
    for (const id of ids) {
      if (this.#asked.has(id)) continue;
      this.#asked.add(id);
      this.#waiting.push(id);
    }
    if (this.#waiting.length > 0) this.#later(GATHER_MS);
  }

  card(id: VolunteerId): PersonCard | undefined {
    return this.cards.get(id);
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetch(), ms);
  }

  async #fetch(): Promise<void> {
    const ids = this.#waiting.splice(0, BATCH);
    if (ids.length === 0) return;
    try {
      const { people } = await get<{ people: PersonCard[] }>(
        `/api/command/people?ids=${ids.join(",")}`,
      );
      for (const person of people) this.cards.set(person.id, person);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // The list shows numbers instead of names meanwhile.
      this.#waiting.push(...ids);
      return this.#later(RETRY_MS);
    }
    if (this.#waiting.length > 0) this.#later(GATHER_MS);
  }
}
