import { once } from "node:events";
import { connect } from "node:net";
import { addAbortSignal } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { withPeriod } from "../../util/with-period.js";
import { type Agent, AgentMessage, encodeMessage, encodeString, readMessages } from "./agent-protocol.js";

/** How long an agent may take to accept a connection, in milliseconds. */
const connectTimeoutMs = 2_000;

/**
 * The agent of a unix socket, restricted to listing keys and signing: a build step must not add or remove keys, lock
 * the agent or call its extensions.
 */
export function socketAgent(path: string): Agent {
  return async function* (requests, signal) {
    const socket = connect(path);
    try {
      await once(socket, "connect", {
        signal: AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]),
      });
      addAbortSignal(signal, socket);
      // When the requests end, only the sending half of the socket is closed: the last answer may still arrive.
      pipeline(readOnly(requests), socket).catch((error: Error) => socket.destroy(error));
      yield* socket as AsyncIterable<Buffer>;
    } catch (error) {
      if (signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new StatusError(
        Code.Unavailable,
        withPeriod(`The SSH agent at ${path} does not answer: ${reason}`),
      );
    } finally {
      socket.destroy();
    }
  };
}

/** An empty request of an unknown type, which agents must answer with a failure. */
const refusedRequest = encodeMessage(0xff);

// Refused requests are replaced instead of answered here, so that answers keep the order of the requests.
async function* readOnly(requests: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const message of readMessages(requests)) {
    const allowed = message[0] === AgentMessage.requestIdentities || message[0] === AgentMessage.signRequest;
    yield allowed ? encodeString(message) : refusedRequest;
  }
}
