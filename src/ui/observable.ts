import { useEffect, useState } from "preact/hooks";

/** How often the page shows changes, in milliseconds. */
const intervalMs = 100;

/** Something that changes often. It tells of several changes at once. */
export class Observable {
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Calls a listener after changes. Returns what ends this. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** To be called after a change. */
  protected changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const listener of this.#listeners) listener();
    }, intervalMs);
  }
}

/** Renders a component again when this changes. */
export function useChanges(observable: Observable): void {
  const [, render] = useState(0);
  useEffect(() => observable.subscribe(() => render((count) => count + 1)), [observable]);
}
