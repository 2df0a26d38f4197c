/** Counts what keeps a host busy: open calls, running builds and other holders. */
export class Activity {
  #held = 0;
  #watchers = new Set<IdleWatcher>();

  /** Number of holders. */
  get held(): number {
    return this.#held;
  }

  /** Keeps the host busy until the returned function is called; calling it again does nothing. */
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
   * Calls back once the host has been idle for `ms` milliseconds; the time before this call does not count. Returns a
   * function that cancels the callback. The timer does not keep the process alive.
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
