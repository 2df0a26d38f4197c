import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { Connection } from "./connection.js";

/**
 * Turns what Node reports when a connection breaks under a call (CANCELED, ABORTED or INTERNAL, by circumstances)
 * into UNAVAILABLE with the reason, so that it can't be taken for a cancelled build.
 */
export function explainLoss(connection: Connection): Interceptor {
  return (next) => async (request) => {
    const losses = connection.losses;
    const explain = (error: unknown) => {
      const loss = connection.lossSince(losses);
      if (!loss || request.signal.aborted || answeredByServer(error)) return error;
      return new ConnectError(
        `lost the connection to BuildKit: ${loss.reason}`,
        Code.Unavailable,
        undefined,
        undefined,
        error,
      );
    };
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: explained(response.message, explain) } : response;
    } catch (error) {
      throw explain(error);
    }
  };
}

async function* explained<T>(
  messages: AsyncIterable<T>,
  explain: (error: unknown) => unknown,
): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    throw explain(error);
  }
}

/** Only an answer has trailers. */
function answeredByServer(error: unknown): boolean {
  return error instanceof ConnectError && error.metadata.has("grpc-status");
}
