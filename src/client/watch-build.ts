import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import type { BuildEvent } from "../gen/slipway/v1/build_event_pb.js";
import type { Slipway } from "./slipway.js";

/** Retries after a lost connection in a row, and the delay before the first one in milliseconds. */
const retries = 4;
const firstDelay = 100;

/** The events of a build up to the last one. Continues with the next event after a lost connection. */
export async function* watchBuild(
  { builds }: Pick<Slipway, "builds">,
  id: string,
  { signal, cancelOnDisconnect = false }: { signal?: AbortSignal; cancelOnDisconnect?: boolean } = {},
): AsyncGenerator<BuildEvent> {
  let next = 1n;
  for (let attempt = 0; ; attempt++) {
    try {
      const stream = builds.watchBuild({ id, fromSequence: next, cancelOnDisconnect }, { signal });
      for await (const { event } of stream) {
        if (!event) continue;
        next = event.sequence + 1n;
        attempt = 0;
        yield event;
        if (event.event.case === "finished") return;
      }
      throw new ConnectError("The host ended the events before the build did.", Code.Unavailable);
    } catch (cause) {
      const { code } = ConnectError.from(cause);
      const isLost = code === Code.Unavailable || code === Code.Aborted;
      if (!isLost || attempt >= retries || signal?.aborted) throw cause;
      await sleep(firstDelay * 2 ** attempt);
    }
  }
}
