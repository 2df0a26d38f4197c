import { setImmediate as eventsHandled } from "node:timers/promises";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { mapErrors } from "../util/map-errors.js";
import { withPeriod } from "../util/with-period.js";
import type { Connection } from "./connection.js";

/**
 * Converts the error of a call whose connection broke into UNAVAILABLE with the reason. Node reports CANCELED,
 * ABORTED or INTERNAL, depending on circumstances, which could be mistaken for a cancelled build.
 */
export function explainLoss(connection: Connection): Interceptor {
  return (next) => async (request) => {
    const losses = connection.losses;
    const explain = async (error: unknown) => {
      if (request.signal.aborted || isAnswer(error)) return error;
      // The call may fail before the connection reports the loss.
      await eventsHandled();
      const reason = connection.lossSince(losses);
      if (reason === undefined) return error;
      const message = withPeriod(`Lost the connection to BuildKit: ${reason}`);
      return new ConnectError(message, Code.Unavailable, {}, [], error);
    };
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: mapErrors(response.message, explain) } : response;
    } catch (error) {
      throw await explain(error);
    }
  };
}

/** Whether the error is an answer of the server: only then the metadata contain its status. */
function isAnswer(error: unknown): boolean {
  return error instanceof ConnectError && error.metadata.has("grpc-status");
}
