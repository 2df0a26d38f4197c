import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Field, Message, ScalarName } from "./message.js";

type Fields = Record<string, unknown>;

/** Makes a message. Fields that are not given, also those of messages in it, have their default value. */
export function create<Desc extends DescMessage>(
  message: Message<Desc>,
  init: MessageInitShape<Desc> = {} as MessageInitShape<Desc>,
): MessageShape<Desc> {
  const made: Fields = { $typeName: message.name };
  for (const field of message.fields) {
    const given = fieldValue(field, init as Fields);
    const value = given === undefined ? initialValue(field) : complete(field, given);
    if (!field.oneof) made[field.name] = value;
    else if (value !== undefined) made[field.oneof] = { case: field.name, value };
    else made[field.oneof] ??= { case: undefined };
  }
  return made as MessageShape<Desc>;
}

/** The value of a field in a message; undefined when it is absent. */
export function fieldValue({ name, oneof }: Field, message: Fields): unknown {
  if (!oneof) return message[name];
  const { case: chosen, value } = (message[oneof] ?? {}) as { case?: string; value?: unknown };
  return chosen === name ? value : undefined;
}

function initialValue({ type, list, key, oneof, optional }: Field): unknown {
  if (list) return [];
  if (key) return {};
  return oneof || optional || typeof type === "function" ? undefined : zeroOf(type);
}

function complete({ type, list, key }: Field, value: unknown): unknown {
  if (typeof type !== "function") return value;
  const completed = (each: unknown) => create(type(), each as Fields);
  if (list) return (value as unknown[]).map(completed);
  if (!key) return completed(value);
  return Object.fromEntries(Object.entries(value as Fields).map(([name, each]) => [name, completed(each)]));
}

/** The value of a scalar that is not on the wire. */
export function zeroOf(type: ScalarName): unknown {
  switch (type) {
    case "string":
      return "";
    case "bytes":
      return new Uint8Array();
    case "bool":
      return false;
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64":
      return 0n;
    default:
      return 0;
  }
}
