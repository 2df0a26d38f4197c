/** Counts what keeps a host busy: open calls and whatever else holds it, such as running builds. */
export class Activity {
  #held = 0;
  #watchers = new Set<IdleWatcher>();

  /** How much is open or held. */
  get held(): number {
    return this.#held;
  }

  /** Holds the host until the returned function is called; calling that again does nothing. */
  hold(): () => void {
    this.#held++;
    for (const watcher of this.#watchers) watcher.stop();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      if (--this.#held === 0) for (const watcher of this.#watchers) watcher.start();
    };
  }

  /**
   * Calls back once, as soon as nothing has held the host for that many milliseconds, counted from now at the
   * earliest. Returns the way to take that back. The timer does not keep the process alive.
   */
  onIdle(ms: number, callback: () => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    const watcher: IdleWatcher = {
      start() {
        timer = setTimeout(() => {
          cancel();
          callback();
        }, ms).unref();
      },
      stop: () => clearTimeout(timer),
    };
    const cancel = () => {
      watcher.stop();
      this.#watchers.delete(watcher);
    };
    this.#watchers.add(watcher);
    if (this.#held === 0) watcher.start();
    return cancel;
  }
}

interface IdleWatcher {
  start(): void;
  stop(): void;
}
