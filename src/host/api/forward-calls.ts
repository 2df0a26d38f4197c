import type { DescMethodStreaming, DescMethodUnary, DescService, Message } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { readTypedError } from "../../errors/typed-error.js";
import { callerOf, principalOf } from "../access/caller.js";
import type { Peers } from "../peers/peers.js";

/** A request about one build. */
type OfBuild = Message & { readonly id: string };

/**
 * Forwards the calls of a service that only the host of their build can serve to that host, with the principal that this one
 * has authenticated. A call that was forwarded goes no further.
 * @param service its methods are unary or stream from the host; the requests have the id of the build
 * @param peers undefined on a host that cannot reach others: then the error names the host of the build (BUILD_ELSEWHERE)
 */
export function forwardCalls<T extends DescService>(
  service: T,
  implementation: ServiceImpl<T>,
  peers: Peers | undefined,
): ServiceImpl<T> {
  if (!peers) return implementation;
  const forwarded = service.methods.map((method) => {
    const handle = implementation[method.localName as keyof ServiceImpl<T>] as Handler;
    const call = handle.bind(implementation);
    if (method.methodKind === "unary")
      return [method.localName, unary(method as DescMethodUnary, call as UnaryHandler, peers)];
    return [method.localName, stream(method as DescMethodStreaming, call as StreamHandler, peers)];
  });
  return Object.fromEntries(forwarded);
}

type UnaryHandler = (request: OfBuild, context: HandlerContext) => Promise<object>;
type StreamHandler = (request: OfBuild, context: HandlerContext) => AsyncIterable<object>;
type Handler = UnaryHandler | StreamHandler;

function unary(method: DescMethodUnary, handle: UnaryHandler, peers: Peers): UnaryHandler {
  return async (request, context) => {
    try {
      return await handle(request, context);
    } catch (cause) {
      const transport = await transportFor(cause, request, context, peers);
      return (await transport.unary(method, context.signal, context.timeoutMs(), undefined, request)).message;
    }
  };
}

function stream(method: DescMethodStreaming, handle: StreamHandler, peers: Peers): StreamHandler {
  return async function* (request, context) {
    try {
      yield* handle(request, context);
    } catch (cause) {
      const transport = await transportFor(cause, request, context, peers);
      // It is sent again when it was not read.
      const only = {
        async *[Symbol.asyncIterator]() {
          yield request;
        },
      };
      // The stream of a transport does not end when its reader leaves.
      const left = new AbortController();
      const signal = AbortSignal.any([context.signal, left.signal]);
      try {
        yield* (await transport.stream(method, signal, context.timeoutMs(), undefined, only)).message;
      } finally {
        left.abort();
      }
    }
  };
}

/** The way to the host of a build; throws the error of a call that does not belong there, or cannot be led there. */
async function transportFor(cause: unknown, { id }: OfBuild, context: HandlerContext, peers: Peers) {
  const { isForwarded } = callerOf(context);
  if (isForwarded || readTypedError(cause).reason !== "BUILD_ELSEWHERE") throw cause;
  const transport = await peers.transportTo(id, principalOf(context));
  if (!transport) throw cause;
  return transport;
}
