import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";

/** What an element weighs, where the value of another field weighs 1: it is only read. */
const elementWeight = 8;
/** The library decodes no deeper messages. */
const maxDepth = 100;
/** An element is not encoded in less. */
const elementBytes = 2;

/**
 * Whether a message has more elements of lists and maps than a limit, together with the messages in it. In two bytes an
 * empty one costs the sender nothing, and the receiver an object: 16 MiB of them take seconds and more than 1 GiB. Reads
 * the message only as far as needed, and makes nothing of it. What is malformed is for the library to report.
 */
export function hasManyElements(
  desc: DescMessage,
  bytes: Uint8Array,
  limit: number,
  format: "binary" | "json" = "binary",
): boolean {
  if (bytes.length <= elementBytes * limit) return false;
  if (format === "json") return hasManyValues(bytes, limit);
  return weigh(shapeOf(desc), new Records(bytes), bytes.length, elementWeight * limit, 0) < 0;
}

/** The fields of a message by their number. */
type Shape = ReadonlyMap<number, FieldShape>;

interface FieldShape {
  weight: number;
  /** Several numbers can be in one record. */
  isPacked?: boolean;
  /** Of the message in it. */
  inner?: () => Shape;
}

const shapes = new WeakMap<DescMessage, Shape>();

function shapeOf(desc: DescMessage): Shape {
  const known = shapes.get(desc);
  if (known) return known;
  const shape = new Map(desc.fields.map((field) => [field.number, fieldShape(field)]));
  shapes.set(desc, shape);
  return shape;
}

function fieldShape(field: DescField): FieldShape {
  const { message } = field;
  const inner = message && (() => shapeOf(message));
  switch (field.fieldKind) {
    case "scalar":
    case "enum":
      return { weight: 1 };
    case "map":
      return {
        weight: elementWeight,
        inner: inner && (() => new Map([[2, { weight: elementWeight, inner }]])),
      };
    default: {
      const isText = field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES;
      return { weight: elementWeight, inner, isPacked: !message && !isText };
    }
  }
}

/** Reads the records of a message. What is behind its end is NaN, which ends the count. */
class Records {
  position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.position++] ?? Number.NaN;
      value += (byte % 128) * factor;
      if (!(byte >= 128)) return value;
    }
  }

  /** Passes a value. Groups have no length: what is in them counts as fields of the message. */
  skip(wireType: number): void {
    const value = wireType === WireType.Varint || wireType === WireType.LengthDelimited ? this.varint() : 0;
    if (wireType === WireType.LengthDelimited) this.position += value;
    if (wireType === WireType.Bit32) this.position += 4;
    if (wireType === WireType.Bit64) this.position += 8;
  }
}

/** What is left of a weight behind the records up to a position; negative as soon as nothing is. */
function weigh(shape: Shape, records: Records, end: number, weight: number, depth: number): number {
  let left = weight;
  while (records.position < end && left >= 0) {
    const tag = records.varint();
    const wireType = tag % 8;
    const field = shape.get(Math.floor(tag / 8));
    // The library keeps fields that it does not know.
    left -= field?.weight ?? elementWeight;
    if (field?.inner && wireType === WireType.LengthDelimited && depth < maxDepth) {
      const length = records.varint();
      left = weigh(field.inner(), records, records.position + length, left, depth + 1);
      continue;
    }
    const begin = records.position;
    records.skip(wireType);
    if (field?.isPacked) left -= records.position - begin;
  }
  return left;
}

const [quote, backslash, comma, bracket, brace] = [0x22, 0x5c, 0x2c, 0x5b, 0x7b];

/** Whether there are more values in JSON: each follows a comma or an opening bracket. */
function hasManyValues(json: Uint8Array, limit: number): boolean {
  let count = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) at = endOfString(json, at + 1);
    else if ((byte === comma || byte === bracket || byte === brace) && ++count > limit) return true;
  }
  return false;
}

/** The position of the quote that ends a string. */
function endOfString(json: Uint8Array, begin: number): number {
  for (let at = begin; ; ) {
    const end = json.indexOf(quote, at);
    if (end < 0) return json.length;
    let first = end;
    while (json[first - 1] === backslash) first--;
    if ((end - first) % 2 === 0) return end;
    at = end + 1;
  }
}
