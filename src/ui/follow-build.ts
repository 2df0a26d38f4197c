import { useEffect, useState } from "preact/hooks";
import { api, type Problem, problemOf } from "./api.js";
import { BuildModel } from "./build-model.js";
import { isPassing } from "./connection.js";

/** Time until a lost stream of events is opened again, in milliseconds. */
const retryMs = 1000;

/** Follows a build to its end, across lost connections. */
export function useBuildModel(id: string): { model: BuildModel; problem?: Problem } {
  const [model, setModel] = useState(() => new BuildModel());
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    const ended = new AbortController();
    const fresh = new BuildModel();
    setModel(fresh);
    setProblem(undefined);
    follow(id, fresh, ended.signal).catch((cause) => {
      if (!ended.signal.aborted) setProblem(problemOf(cause));
    });
    return () => ended.abort();
  }, [id]);
  return { model, problem };
}

/** Applies the events until the last one. Rejects when the host refuses. */
export async function follow(id: string, model: BuildModel, signal: AbortSignal): Promise<void> {
  while (!model.finished) {
    try {
      const fromSequence = model.lastSequence + 1n;
      for await (const { event } of api.builds.watchBuild({ id, fromSequence }, { signal }))
        model.apply(event!);
    } catch (cause) {
      if (signal.aborted || !isPassing(cause)) throw cause;
    }
    if (!model.finished) await new Promise((resolve) => setTimeout(resolve, retryMs));
    signal.throwIfAborted();
  }
}
