import { Incomplete, SlipwayError } from "./wire.js";

/**
 * Starts a build and follows it to its end, across lost connections.
 * @param onEvent called with each event and the build's id
 * @returns the result; throws the error of a failed build
 */
export async function build(api, spec, onEvent) {
  // With a request id, a repeated request starts no second build.
  const request = { requestId: crypto.randomUUID(), spec };
  const started = await retry(() => api.call("BuildService/StartBuild", request));
  const { id } = started.build;
  let sequence = 0;
  const { state, result, error } = await retry(async (reset) => {
    const wanted = { id, fromSequence: String(sequence + 1) };
    for await (const { event } of api.stream("BuildService/WatchBuild", wanted)) {
      reset();
      sequence = Number(event.sequence);
      onEvent(event, id);
      if (event.finished) return event.finished;
    }
    throw new Incomplete("The events ended before the build did.");
  });
  if (state !== "BUILD_STATE_SUCCEEDED") throw new SlipwayError(error);
  return result;
}

/** The bytes of an output as they arrive. An output can be read once. */
export async function* readOutput(api, id, output) {
  for await (const { data } of api.stream("BuildService/ReadOutput", { id, output }))
    yield Uint8Array.fromBase64(data);
}

/** Number of attempts to reconnect without a response. */
const attempts = 5;

/**
 * Repeats `work` when the connection is lost, which fetch reports as a TypeError. Chromium also gives connections up
 * when an interface of the machine comes or goes, as the start of a container does (ERR_NETWORK_CHANGED).
 */
export async function retry(work) {
  let left = attempts;
  const reset = () => {
    left = attempts;
  };
  for (;;) {
    try {
      return await work(reset);
    } catch (error) {
      if (!(error instanceof TypeError) || left-- === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
