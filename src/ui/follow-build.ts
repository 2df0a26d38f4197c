import { useEffect, useState } from "preact/hooks";
import { api, type Problem, problemOf } from "./api.js";
import { BuildModel } from "./build-model.js";
import { isPassing } from "./connection.js";
import { type RecordName, readKey } from "./list-entry.js";

/** Time until a lost stream of events is opened again, in milliseconds. */
const retryMs = 1000;

/** A build as far as its stream says, and why the host refuses the stream. */
export interface Followed {
  model: BuildModel;
  problem?: Problem;
}

/**
 * Follows a build to its end, across lost connections.
 * @param key that of its entry in the list
 */
export function useBuildModel(key: string): Followed {
  const [model, setModel] = useState(() => new BuildModel());
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    const ended = new AbortController();
    const fresh = new BuildModel();
    setModel(fresh);
    setProblem(undefined);
    const { record } = readKey(key);
    const reading = record ? followRecord(record, fresh, ended.signal) : follow(key, fresh, ended.signal);
    reading.catch((cause) => {
      if (!ended.signal.aborted) setProblem(problemOf(cause));
    });
    return () => ended.abort();
  }, [key]);
  return { model, problem };
}

async function follow(id: string, model: BuildModel, signal: AbortSignal): Promise<void> {
  await untilRead(signal, async () => {
    const fromSequence = model.lastSequence + 1n;
    for await (const { event } of api.builds.watchBuild({ id, fromSequence }, { signal }))
      model.apply(event!);
    return model.finished !== undefined;
  });
}

/** BuildKit's history has no numbers of events, so a lost stream is read from its begin. */
async function followRecord(record: RecordName, model: BuildModel, signal: AbortSignal): Promise<void> {
  await untilRead(signal, async () => {
    model.restart();
    for await (const { progress } of api.history.watchHistoryLogs(record, { signal }))
      model.progress(progress!);
    return true;
  });
}

/** Reads again until the end was read. Rejects when the host refuses. */
async function untilRead(signal: AbortSignal, read: () => Promise<boolean>): Promise<void> {
  for (;;) {
    try {
      if (await read()) return;
    } catch (cause) {
      if (signal.aborted || !isPassing(cause)) throw cause;
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    signal.throwIfAborted();
  }
}
