// Short messages at the edge of the screen. A problem stays until it is dismissed, overtaken by a
// success, or long read.

import type { Problem } from "../shared/http";

export type Toast = { id: number } & (
  { kind: "done"; text: string } | { kind: "problem"; problem: Problem }
);

const DONE_MS = 5_000;
const PROBLEM_MS = 30_000;
const MOST = 4;

export class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  #next = 1;

  say(text: string): void {
    this.list = this.list.filter((toast) => toast.kind === "done");
    this.#show({ id: this.#next++, kind: "done", text }, DONE_MS);
  }

  /** Kept as a problem and not as text, so that it follows a change of language. */
  problem(problem: Problem): void {
    this.#show({ id: this.#next++, kind: "problem", problem }, PROBLEM_MS);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #show(toast: Toast, ms: number): void {
    setTimeout(() => this.dismiss(toast.id), ms);
    this.list = [...this.list, toast].slice(-MOST);
  }
}
