import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { mapErrors } from "../../util/map-errors.js";
import { settlesWithin } from "../../util/settles-within.js";
import { whenAborted } from "../../util/when-aborted.js";
import { withPeriod } from "../../util/with-period.js";

/** How long a call that lost its connection waits for the exit of the process, in milliseconds. */
const exitMs = 2000;

/** Replaces errors of calls that fail because the plugin's process died: the new error has its exit and last lines. */
export function explainDeath(died: AbortSignal, lost: Promise<unknown>): Interceptor {
  let connected = true;
  void lost.then(() => {
    connected = false;
  });
  return (next) => async (request) => {
    const explain = async (cause: unknown): Promise<unknown> => {
      const error = ConnectError.from(cause);
      // Only an answer from the plugin has trailers.
      if (request.signal.aborted || error.metadata.has("grpc-status")) return cause;
      if (error.findDetails(ErrorInfoSchema).length > 0) return cause;
      if (error.code === Code.ResourceExhausted) return tooLarge(error);
      if (error.code === Code.DeadlineExceeded) return cause;
      // The call may fail before the connection reports that it is lost.
      await settlesWithin(100, lost);
      if (!connected) await settlesWithin(exitMs, whenAborted(died));
      return died.aborted ? died.reason : cause;
    };
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: mapErrors(response.message, explain) } : response;
    } catch (cause) {
      throw await explain(cause);
    }
  };
}

function tooLarge(error: ConnectError): ConnectError {
  return typedError({
    code: Code.ResourceExhausted,
    reason: "MESSAGE_TOO_LARGE",
    message: `A message between host and plugin is too large: ${withPeriod(error.rawMessage)}`,
  });
}
