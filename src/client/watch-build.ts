import type { BuildEvent } from "../gen/slipway/v1/build_event_pb.js";
import type { BuildHost } from "./build-host.js";
import { delays, Reconnects } from "./reconnects.js";

/** Options of {@link watchBuild}. */
export interface WatchOptions {
  /** Ends the events. */
  signal?: AbortSignal;
  /** Ends a wait of a second or more before the next attempt. A running call continues. */
  waitSignal?: AbortSignal;
  /** Called when the connection was lost and is not back after a second. */
  onWait?: () => void;
  /** Cancels the build when the events end before it does; default false. */
  cancelOnDisconnect?: boolean;
}

/**
 * The events of a build up to the last one. Continues with the next event after a lost connection, for which it waits up
 * to 26 seconds, and once when the host has refused the token.
 */
export async function* watchBuild(
  { builds }: { builds: Pick<BuildHost["builds"], "watchBuild"> },
  id: string,
  { signal, waitSignal = signal, onWait, cancelOnDisconnect = false }: WatchOptions = {},
): AsyncGenerator<BuildEvent> {
  let next = 1n;
  let isRefused = false;
  for (const reconnects = new Reconnects(delays.watch, onWait); ; ) {
    try {
      const stream = builds.watchBuild({ id, fromSequence: next, cancelOnDisconnect }, { signal });
      for await (const { event } of stream) {
        if (!event) continue;
        next = event.sequence + 1n;
        reconnects.reset();
        isRefused = false;
        yield event;
        if (event.event.case === "finished") return;
      }
      const { endedEarly } = await import("./lost-connection.js");
      throw endedEarly();
    } catch (cause) {
      if (signal?.aborted) throw cause;
      const { isRefusedToken } = await import("./lost-connection.js");
      if (!isRefused && isRefusedToken(cause)) isRefused = true;
      else await reconnects.wait(cause, waitSignal);
    }
  }
}
