import { Incomplete, SlipwayError } from "./wire.js";

/**
 * Starts a build and follows it to its end, across lost connections.
 * @param onEvent is given each event, and the build's id
 * @returns the result; what the build failed with is thrown
 */
export async function build(api, spec, onEvent) {
  // With an id of its own a request that is repeated never builds twice.
  const request = { requestId: crypto.randomUUID(), spec };
  const started = await retry(() => api.call("BuildService/StartBuild", request));
  const { id } = started.build;
  let sequence = 0;
  const { state, result, error } = await retry(async (again) => {
    const wanted = { id, fromSequence: String(sequence + 1) };
    for await (const { event } of api.stream("BuildService/WatchBuild", wanted)) {
      again();
      sequence = Number(event.sequence);
      onEvent(event, id);
      if (event.finished) return event.finished;
    }
    throw new Incomplete("the events ended before the build did");
  });
  if (state !== "BUILD_STATE_SUCCEEDED") throw new SlipwayError(error);
  return result;
}

/** Bytes of an output, as they arrive. An output can be read once. */
export async function* readOutput(api, id, output) {
  for await (const { data } of api.stream("BuildService/ReadOutput", { id, output }))
    yield Uint8Array.fromBase64(data);
}

/** How often a lost connection is made anew before anything came over it. */
const attempts = 5;

/** Does a piece of work again when the connection breaks, which fetch tells by a TypeError. */
async function retry(work) {
  let left = attempts;
  const again = () => {
    left = attempts;
  };
  for (;;) {
    try {
      return await work(again);
    } catch (error) {
      if (!(error instanceof TypeError) || left-- === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
