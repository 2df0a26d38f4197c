import type { SessionCall, SessionMethod } from "../../buildkit/session/method.js";
import { countBytes } from "../../util/count-bytes.js";
import type { Meter } from "../base/meter.js";

type ByteCounter = (bytes: number) => void;

/** Which methods of a session carry what is counted. */
const counters: Record<string, (meter: Meter) => { sent?: ByteCounter; received?: ByteCounter }> = {
  "/moby.filesync.v1.FileSync/DiffCopy": (meter) => ({ sent: (bytes) => meter.contextSent(bytes) }),
  "/moby.filesync.v1.FileSend/DiffCopy": (meter) => ({ received: (bytes) => meter.outputReceived(bytes) }),
};

/** Session methods that count the bytes of contexts and outputs, with the protocol's framing. */
export function meteredMethods(
  methods: readonly SessionMethod[],
  meter: Meter | undefined,
): readonly SessionMethod[] {
  if (!meter) return methods;
  return methods.map((method) => {
    const counts = counters[method.path]?.(meter);
    return counts
      ? { path: method.path, handle: (call) => method.handle(metered(call, counts.sent, counts.received)) }
      : method;
  });
}

function metered(call: SessionCall, sent: ByteCounter = ignore, received: ByteCounter = ignore): SessionCall {
  return {
    header: (name) => call.header(name),
    messages: countBytes(call.messages, received),
    send(message) {
      sent(message.length);
      return call.send(message);
    },
    signal: call.signal,
  };
}

function ignore(): void {}
