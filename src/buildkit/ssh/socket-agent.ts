import { once } from "node:events";
import { connect } from "node:net";
import { addAbortSignal } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { type Agent, AgentMessage, encodeMessage, encodeString, readMessages } from "./agent-protocol.js";

/** How long an agent may take to accept a connection, in milliseconds. */
const CONNECT_TIMEOUT = 2_000;

/**
 * The agent behind a unix socket, cut down to listing keys and signing: a build step must not add or remove keys, lock
 * the agent or call its extensions.
 */
export function socketAgent(path: string): Agent {
  return async function* (requests, signal) {
    const socket = connect(path);
    try {
      await once(socket, "connect", {
        signal: AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT)]),
      });
      addAbortSignal(signal, socket);
      // Ends the sending half of the socket when the requests end, so that the last answer can still come back.
      pipeline(readOnly(requests), socket).catch((error: Error) => socket.destroy(error));
      yield* socket as AsyncIterable<Buffer>;
    } catch (error) {
      if (signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new StatusError(Code.Unavailable, `the ssh agent at ${path} does not answer: ${reason}`);
    } finally {
      socket.destroy();
    }
  };
}

/** A request without content of a type that agents do not know; they must answer it with a failure. */
const REFUSED = encodeMessage(0xff);

// Refused requests are replaced and not answered here: so the answers stay in the order of the requests.
async function* readOnly(requests: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const message of readMessages(requests)) {
    const allowed = message[0] === AgentMessage.requestIdentities || message[0] === AgentMessage.signRequest;
    yield allowed ? encodeString(message) : REFUSED;
  }
}
