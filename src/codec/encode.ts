import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { fieldValue, zeroOf } from "./create.js";
import type { Field, Message, ScalarName } from "./message.js";

type Fields = Record<string, unknown>;

/** Encodes a message, which may lack fields. */
export function encode<Desc extends DescMessage>(
  message: Message<Desc>,
  value: MessageInitShape<Desc>,
): Uint8Array {
  const writer = new BinaryWriter();
  writeFields(message, value as Fields, writer);
  return writer.finish();
}

function writeFields(message: Message, from: Fields, writer: BinaryWriter): void {
  for (const field of message.fields) writeField(field, from, writer);
}

function writeField(field: Field, from: Fields, writer: BinaryWriter): void {
  const { no, type, list, key, oneof, optional } = field;
  const value = fieldValue(field, from);
  if (value === undefined) return;
  if (key) {
    for (const [entryKey, entry] of Object.entries(value as Fields)) {
      writer.tag(no, WireType.LengthDelimited).fork();
      writeValue(1, key, keyOf(key, entryKey), writer);
      writeValue(2, type, entry, writer);
      writer.join();
    }
  } else if (list) {
    writeList(no, type, value as unknown[], writer);
  } else if (oneof || optional || typeof type === "function" || !isZero(type, value)) {
    writeValue(no, type, value, writer);
  }
}

/** A key of a map; the keys of an object are always strings. */
function keyOf(type: ScalarName, text: string): unknown {
  const zero = zeroOf(type);
  if (typeof zero === "boolean") return text === "true";
  if (typeof zero === "bigint") return BigInt(text);
  return typeof zero === "number" ? Number(text) : text;
}

function writeList(no: number, type: Field["type"], values: unknown[], writer: BinaryWriter): void {
  const wireType = wireTypeOf(type);
  if (wireType === WireType.LengthDelimited) {
    for (const value of values) writeValue(no, type, value, writer);
  } else if (values.length > 0) {
    writer.tag(no, WireType.LengthDelimited).fork();
    for (const value of values) writeScalar(type as ScalarName, value, writer);
    writer.join();
  }
}

function writeValue(no: number, type: Field["type"], value: unknown, writer: BinaryWriter): void {
  writer.tag(no, wireTypeOf(type));
  if (typeof type === "string") {
    writeScalar(type, value, writer);
  } else {
    writer.fork();
    writeFields(type(), value as Fields, writer);
    writer.join();
  }
}

function writeScalar(type: ScalarName, value: unknown, writer: BinaryWriter): void {
  writer[type === "enum" ? "int32" : type](value as never);
}

function isZero(type: ScalarName, value: unknown): boolean {
  // -0 is on the wire: it is not the default.
  return type === "bytes" ? (value as Uint8Array).length === 0 : Object.is(value, zeroOf(type));
}

function wireTypeOf(type: Field["type"]): WireType {
  switch (type) {
    case "double":
    case "fixed64":
    case "sfixed64":
      return WireType.Bit64;
    case "float":
    case "fixed32":
    case "sfixed32":
      return WireType.Bit32;
    case "string":
    case "bytes":
      return WireType.LengthDelimited;
    default:
      return typeof type === "string" ? WireType.Varint : WireType.LengthDelimited;
  }
}
