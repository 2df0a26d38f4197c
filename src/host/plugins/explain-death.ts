import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { mapErrors } from "../../util/map-errors.js";
import { settlesWithin } from "../../util/settles-within.js";
import { whenAborted } from "../../util/when-aborted.js";

/** So long a call that lost its connection waits to hear how the process ended, in milliseconds. */
const verdictMs = 2000;

/** Makes the errors of calls to a plugin readable: those of its process's death say so, with its last lines. */
export function explainDeath(died: AbortSignal, lost: Promise<unknown>): Interceptor {
  let connected = true;
  void lost.then(() => {
    connected = false;
  });
  return (next) => async (request) => {
    const explain = async (cause: unknown): Promise<unknown> => {
      const error = ConnectError.from(cause);
      // Only an answer of the plugin has trailers.
      if (request.signal.aborted || error.metadata.has("grpc-status")) return cause;
      if (error.findDetails(ErrorInfoSchema).length > 0) return cause;
      if (error.code === Code.ResourceExhausted) return tooLarge(error);
      if (error.code === Code.DeadlineExceeded) return cause;
      // The connection is torn down piece by piece: this call may hear of it before the connection does.
      await settlesWithin(100, lost);
      if (!connected) await settlesWithin(verdictMs, whenAborted(died));
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
    message: `a message between host and plugin is too large: ${error.rawMessage}`,
  });
}
