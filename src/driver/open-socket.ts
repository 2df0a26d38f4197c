import { once } from "node:events";
import type { Socket } from "node:net";

/**
 * Waits for the event "connect" of a socket, or "secureConnect" with TLS. On failure destroys the socket
 * and rejects with its error, or with the signal's reason.
 */
export async function openSocket<S extends Socket>(
  socket: S,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
): Promise<S> {
  try {
    await once(socket, event, { signal });
    return socket;
  } catch (error) {
    // Later errors have no reader.
    socket.on("error", () => {}).destroy();
    throw signal.aborted ? signal.reason : error;
  }
}
