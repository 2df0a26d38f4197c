import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { StreamRequest, UnaryRequest } from "@connectrpc/connect";

/**
 * The request without the field `environment` of its messages and of those in them. The variables name files, sockets
 * and credentials of the machine on which they are set, so those of a client on another machine do not count here.
 * Every RPC is covered, whatever its messages are.
 */
export function withoutEnvironment<Request extends UnaryRequest | StreamRequest>(request: Request): Request {
  const { input } = request.method;
  if (request.stream) return { ...request, message: dropFromAll(input, request.message) };
  dropEnvironment(input, request.message as Message);
  return request;
}

async function* dropFromAll<T extends Message>(
  desc: DescMessage,
  messages: AsyncIterable<T>,
): AsyncIterable<T> {
  for await (const message of messages) {
    dropEnvironment(desc, message);
    yield message;
  }
}

/** Clears the field in a message and in the messages in it. */
export function dropEnvironment(desc: DescMessage, message: Message): void {
  const values = message as unknown as Record<string, unknown>;
  for (const field of desc.fields) {
    if (field.name === "environment" && field.fieldKind === "map") values[field.localName] = {};
    if (field.fieldKind !== "message") continue;
    const value = field.oneof
      ? oneofValue(values[field.oneof.localName], field.localName)
      : values[field.localName];
    if (value) dropEnvironment(field.message, value as Message);
  }
}

function oneofValue(oneof: unknown, name: string): unknown {
  const { case: selected, value } = oneof as { case?: string; value?: unknown };
  return selected === name ? value : undefined;
}
