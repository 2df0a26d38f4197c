import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { decodeBounded } from "../../messages/answers.js";

/** One call of a session method. */
export interface SessionCall {
  /** All values of a request header, in order and not joined; empty if absent. */
  header(name: string): string[];
  /** Raw protobuf messages of the request, in order; ends when BuildKit half-closes. */
  messages: AsyncIterable<Uint8Array>;
  /** Sends one raw protobuf message; resolves when the stream accepts more. Rejects after the end of the call. */
  send(message: Uint8Array): Promise<void>;
  /** Aborted when BuildKit cancels the call or the session ends. */
  signal: AbortSignal;
}

/** A method that BuildKit calls through the session. */
export interface SessionMethod {
  /** `/package.Service/Method` */
  path: string;
  /** Serves one call. It ends with OK, with the code of a {@link StatusError}, or with INTERNAL for other errors. */
  handle(call: SessionCall): Promise<void>;
}

/** A {@link SessionMethod} with one typed request and one typed response. */
export function unaryMethod<I extends DescMessage, O extends DescMessage>(
  desc: DescMethodUnary<I, O>,
  handler: (request: MessageShape<I>, call: SessionCall) => Promise<MessageInitShape<O>>,
): SessionMethod {
  return {
    path: `/${desc.parent.typeName}/${desc.name}`,
    async handle(call) {
      for await (const message of call.messages) {
        const response = await handler(decodeBounded(desc.input, message), call);
        await call.send(toBinary(desc.output, create(desc.output, response)));
        return;
      }
      throw new StatusError(Code.InvalidArgument, `${desc.name} was called without a request.`);
    },
  };
}
