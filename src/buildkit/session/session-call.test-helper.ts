import type { SessionCall, SessionMethod } from "./method.js";

/** Outcome of a call, as BuildKit would see it. */
export interface CallResult {
  sent: Uint8Array[];
  error?: unknown;
}

/** Calls a session method without a session: headers and request messages in, response messages out. */
export async function callMethod(
  method: SessionMethod,
  request: {
    headers?: Record<string, string>;
    messages?: AsyncIterable<Uint8Array> | Uint8Array[];
    signal?: AbortSignal;
    onSend?: (message: Uint8Array) => void | Promise<void>;
  },
): Promise<CallResult> {
  const result: CallResult = { sent: [] };
  const call: SessionCall = {
    header: (name) => (request.headers?.[name] === undefined ? [] : [request.headers[name]]),
    messages: (async function* () {
      yield* request.messages ?? [];
    })(),
    async send(message) {
      result.sent.push(message);
      await request.onSend?.(message);
    },
    signal: request.signal ?? new AbortController().signal,
  };
  try {
    await method.handle(call);
  } catch (error) {
    result.error = error;
  }
  return result;
}
