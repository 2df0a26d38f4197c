import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { isMessage } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { AcquireResponseSchema, DriverService } from "../../gen/slipway/driver/v1/driver_pb.js";
import { traceHeaders } from "../base/trace-context.js";
import { currentSpan, type Span } from "../base/tracer.js";

/** Makes the calls of a plugin part of the trace that the caller runs in, and tells the plugin in the headers. */
export function traceCalls(plugin: string): Interceptor {
  return (next) => async (request) => {
    const above = currentSpan();
    if (!above) return next(request);
    const { service, method, header } = request;
    const tell = ({ context }: Span) => {
      for (const [name, value] of Object.entries(traceHeaders(context))) header.set(name, value);
    };
    // A tunnel lasts as long as a connection of the build.
    if (method === DriverService.method.tunnel) {
      tell(above);
      return next(request);
    }
    const span = above.start({
      name: `${service.typeName}/${method.name}`,
      kind: "client",
      attributes: {
        "rpc.system.name": "grpc",
        "rpc.method": `${service.typeName}/${method.name}`,
        "slipway.plugin": plugin,
      },
    });
    tell(span);
    try {
      const response = await next(request);
      if (response.stream) return { ...response, message: followed(response.message, span) };
      span.end();
      return response;
    } catch (cause) {
      fail(span, cause);
      throw cause;
    }
  };
}

/** Messages of a stream. The span ends with the stream; that of Acquire, which lasts as long as the lease, with the endpoint. */
async function* followed(
  messages: AsyncIterable<MessageShape<DescMessage>>,
  span: Span,
): AsyncGenerator<MessageShape<DescMessage>> {
  let isOpen = true;
  const once = (end: () => void) => {
    if (isOpen) end();
    isOpen = false;
  };
  try {
    for await (const message of messages) {
      if (isMessage(message, AcquireResponseSchema) && message.event.case === "endpoint")
        once(() => span.end());
      yield message;
    }
  } catch (cause) {
    once(() => fail(span, cause));
    throw cause;
  } finally {
    once(() => span.end());
  }
}

function fail(span: Span, cause: unknown): void {
  span.end({ "error.type": Code[ConnectError.from(cause).code] }, cause);
}
