import { setImmediate as eventsHandled } from "node:timers/promises";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { mapErrors } from "../util/map-errors.js";
import type { Connection } from "./connection.js";

/**
 * Turns what Node reports when a connection breaks under a call (CANCELED, ABORTED or INTERNAL, by circumstances)
 * into UNAVAILABLE with the reason, so that it can't be taken for a cancelled build.
 */
export function explainLoss(connection: Connection): Interceptor {
  return (next) => async (request) => {
    const losses = connection.losses;
    const explain = async (error: unknown) => {
      if (request.signal.aborted || isAnswer(error)) return error;
      // The call may hear of it before the connection does.
      await eventsHandled();
      const reason = connection.lossSince(losses);
      if (reason === undefined) return error;
      return new ConnectError(`lost the connection to BuildKit: ${reason}`, Code.Unavailable, {}, [], error);
    };
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: mapErrors(response.message, explain) } : response;
    } catch (error) {
      throw await explain(error);
    }
  };
}

/** Only an answer of the server has its status among the metadata. */
function isAnswer(error: unknown): boolean {
  return error instanceof ConnectError && error.metadata.has("grpc-status");
}
