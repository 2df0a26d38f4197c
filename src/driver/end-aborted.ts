import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { guardStream } from "../util/guard-stream.js";
import { untilAborted } from "../util/until-aborted.js";

/**
 * Ends calls as soon as their signals abort, even if the driver's code ignores them.
 * @param hold called when the driver's code starts; the function that it returns is called when that code has ended,
 * which may be later than the call
 */
export function endAborted(hold: () => () => void): Interceptor {
  return (next) => async (request) => {
    const { signal } = request;
    const convert = (error: unknown) =>
      signal.aborted && !(error instanceof ConnectError) ? ConnectError.from(error, Code.Canceled) : error;
    const guarded = request.stream
      ? { ...request, message: guardStream(request.message, signal, convert) }
      : request;
    const release = hold();
    const answer = next(guarded);
    answer.then((response) => response.stream || release(), release);
    const response = await untilAborted(answer, signal).catch((error) => {
      throw convert(error);
    });
    if (!response.stream) return response;
    const message = releasing(response.message, release);
    return { ...response, message: guardStream(message, signal, convert) };
  };
}

async function* releasing<T>(source: AsyncIterable<T>, release: () => void): AsyncGenerator<T> {
  try {
    yield* source;
  } finally {
    release();
  }
}
