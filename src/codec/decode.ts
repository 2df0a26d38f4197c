import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { create, zeroOf } from "./create.js";
import type { Field, Message, ScalarName } from "./message.js";

type Fields = Record<string, unknown>;

/** Decodes a message. Fields that its table does not have are ignored. */
export function decode<Desc extends DescMessage>(
  message: Message<Desc>,
  bytes: Uint8Array,
): MessageShape<Desc> {
  return readMessage(message, new BinaryReader(bytes), bytes.length) as MessageShape<Desc>;
}

function readMessage(message: Message, reader: BinaryReader, length: number): unknown {
  const end = reader.pos + length;
  const decoded = create(message);
  while (reader.pos < end) {
    const [no, wireType] = reader.tag();
    const field = message.fields.find((each) => each.no === no);
    if (field) readField(field, decoded as unknown as Fields, reader, wireType);
    else reader.skip(wireType, no);
  }
  return decoded;
}

function readField(field: Field, into: Fields, reader: BinaryReader, wireType: WireType): void {
  const { name, type, list, key, oneof } = field;
  if (key) {
    const [entryKey, value] = readEntry(key, type, reader);
    // An assignment to the key "__proto__" would set the prototype.
    const property = { value, configurable: true, enumerable: true, writable: true };
    Object.defineProperty(into[name], entryKey, property);
  } else if (list) {
    const values = into[name] as unknown[];
    const isPacked = wireType === WireType.LengthDelimited && isNumber(type);
    // Evaluated in this order: the position after the length, and the length.
    const end = isPacked ? reader.uint32() + reader.pos : 0;
    do values.push(readValue(type, reader));
    while (reader.pos < end);
  } else {
    const value = readValue(type, reader);
    if (oneof) into[oneof] = { case: name, value };
    else into[name] = value;
  }
}

/** An entry of a map. The keys of an object are always strings. */
function readEntry(keyType: ScalarName, type: Field["type"], reader: BinaryReader): [string, unknown] {
  const end = reader.uint32() + reader.pos;
  let key = zeroOf(keyType);
  let value: unknown = typeof type === "function" ? create(type()) : zeroOf(type);
  while (reader.pos < end) {
    const [no, wireType] = reader.tag();
    if (no === 1) key = readValue(keyType, reader);
    else if (no === 2) value = readValue(type, reader);
    else reader.skip(wireType, no);
  }
  return [String(key), value];
}

function readValue(type: Field["type"], reader: BinaryReader): unknown {
  if (typeof type === "function") return readMessage(type(), reader, reader.uint32());
  return type === "enum" ? reader.int32() : reader[type]();
}

const isNumber = (type: Field["type"]) => typeof type === "string" && type !== "string" && type !== "bytes";
