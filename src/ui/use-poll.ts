import { useEffect, useRef, useState } from "preact/hooks";
import { type Problem, problemOf } from "./api.js";
import { isPassing } from "./connection.js";

/** What a poll knows. */
export interface Polled<T> {
  /** The last answer; it stays when a later call fails, and until there is one to another question. */
  value?: T;
  /** Why the host refuses; calls that can be repeated have none. */
  problem?: Problem;
  /** Asks at once. */
  refresh(): void;
}

/** How much longer a page waits that nobody sees. */
const hiddenFactor = 10;

/**
 * Asks the host again and again.
 * @param key another key is another question
 * @param everyMs time between an answer and the next question, in milliseconds
 */
export function usePoll<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  everyMs: number,
): Polled<T> {
  const [state, setState] = useState<{ value?: T; problem?: Problem }>({});
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  // Another key or round asks at once.
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      clearTimeout(timer);
      try {
        const value = await latest.current(ended.signal);
        if (!ended.signal.aborted) setState({ value });
      } catch (cause) {
        if (ended.signal.aborted) return;
        if (!isPassing(cause)) setState((before) => ({ ...before, problem: problemOf(cause) }));
      }
      timer = setTimeout(ask, document.hidden ? everyMs * hiddenFactor : everyMs);
    };
    const onVisible = () => {
      if (!document.hidden) void ask();
    };
    void ask();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      ended.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [key, everyMs, round]);
  return { ...state, refresh: () => setRound((count) => count + 1) };
}
