import { useEffect, useState } from "preact/hooks";
import type { HistoryRecord } from "../gen/slipway/v1/history_pb.js";
import { api } from "./api.js";

/** Time until the histories are read again, and how long a builder may take to answer, in milliseconds. */
const pauseMs = 5000;
const answerMs = 5000;

/**
 * The newest records that BuildKit has of the builds of a builder; nothing when it does not answer, or the caller may not
 * read it.
 */
export function readHistory(builder: string, limit: number, signal: AbortSignal): Promise<HistoryRecord[]> {
  return api.history.listHistory({ builder, limit }, { signal, timeoutMs: answerMs }).then(
    ({ records }) => records,
    () => [],
  );
}

/**
 * What BuildKit remembers of builds, also of other clients, by builder. Builders that do not run, or whose history the
 * caller may not read, have none. They are asked one after another: a browser has few connections to a host.
 */
export function useHistory(
  builders: readonly string[],
  limit: number,
): ReadonlyMap<string, readonly HistoryRecord[]> {
  const [histories, setHistories] = useState<ReadonlyMap<string, readonly HistoryRecord[]>>(new Map());
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      if (!document.hidden)
        for (const builder of builders) {
          const records = await readHistory(builder, limit, ended.signal);
          if (ended.signal.aborted) return;
          setHistories((before) => new Map(before).set(builder, records));
        }
      timer = setTimeout(read, pauseMs);
    };
    void read();
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [builders.join("\n"), limit]);
  return histories;
}
