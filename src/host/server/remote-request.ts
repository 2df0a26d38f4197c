import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import type { StreamRequest, UnaryRequest } from "@connectrpc/connect";
import { StartProcessRequestSchema } from "../../gen/slipway/v1/debug_pb.js";

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

/**
 * Clears the field in a message and in the messages in it, also those of lists and maps. The variables of a process are not
 * of a machine: it gets them in its container.
 */
export function dropEnvironment(desc: DescMessage, message: Message): void {
  if (desc.typeName === StartProcessRequestSchema.typeName) return;
  const values = message as unknown as Record<string, unknown>;
  for (const field of desc.fields) {
    if (field.name === "environment" && field.fieldKind === "map") values[field.localName] = {};
    // Types of protobuf itself hold no messages of the API; a Struct is not even represented as a message.
    if (!field.message || field.message.typeName.startsWith("google.protobuf.")) continue;
    const value = field.oneof
      ? oneofValue(values[field.oneof.localName], field.localName)
      : values[field.localName];
    for (const each of messagesOf(field, value)) dropEnvironment(field.message, each);
  }
}

/** The messages in the value of a field. */
function messagesOf({ fieldKind }: DescField, value: unknown): Message[] {
  if (value === undefined) return [];
  return fieldKind === "message" ? [value as Message] : Object.values(value as Record<string, Message>);
}

function oneofValue(oneof: unknown, name: string): unknown {
  const { case: selected, value } = oneof as { case?: string; value?: unknown };
  return selected === name ? value : undefined;
}
