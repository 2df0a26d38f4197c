import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

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
  try {
    return weigh(shapeOf(desc), new BinaryReader(bytes), bytes.length, elementWeight * limit, 1) < 0;
  } catch {
    // The library stops there, too.
    return false;
  }
}

/** What a message, or an entry of a map, consists of. */
interface Shape {
  /** By their number. */
  readonly fields: ReadonlyMap<number, FieldShape>;
  /** What a field weighs that is not known: the library keeps those of messages. */
  readonly unknownWeight: number;
  /** By how much it is deeper than what it is in. */
  readonly depth: number;
}

interface FieldShape {
  readonly weight: number;
  /** Passes a value that is no message. */
  readonly pass: Pass;
  /** Several numbers can be in one record. */
  readonly isPacked?: boolean;
  /** Of the message in it. */
  readonly inner?: () => Shape;
}

/** As the library reads a value: by the type of its field, whatever the record says that it is. */
type Pass = (reader: BinaryReader) => void;

const passVarint: Pass = (reader) => void reader.uint32();
const passBit32: Pass = (reader) => {
  reader.pos += 4;
};
const passBit64: Pass = (reader) => {
  reader.pos += 8;
};
const passBytes: Pass = (reader) => {
  const length = reader.uint32();
  reader.pos += length;
};

function passOf(scalar: ScalarType | undefined): Pass {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return passBytes;
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
    case ScalarType.FLOAT:
      return passBit32;
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
    case ScalarType.DOUBLE:
      return passBit64;
    default:
      // Enums, too.
      return passVarint;
  }
}

const shapes = new WeakMap<DescMessage, Shape>();

function shapeOf(desc: DescMessage): Shape {
  const known = shapes.get(desc);
  if (known) return known;
  const fields = new Map(desc.fields.map((field) => [field.number, fieldShape(field)]));
  const shape = { fields, unknownWeight: elementWeight, depth: 1 };
  shapes.set(desc, shape);
  return shape;
}

function fieldShape(field: DescField): FieldShape {
  const { message } = field;
  const inner = message && (() => shapeOf(message));
  const pass = passOf(field.scalar);
  switch (field.fieldKind) {
    case "scalar":
    case "enum":
      return { weight: 1, pass };
    case "map": {
      const key = { weight: 1, pass: passOf(field.mapKey) };
      const value = { weight: inner ? elementWeight : 1, pass, inner };
      const entry: Shape = {
        fields: new Map([
          [1, key],
          [2, value],
        ]),
        unknownWeight: 1,
        depth: 0,
      };
      return { weight: elementWeight, pass, inner: () => entry };
    }
    default:
      return { weight: elementWeight, pass, inner, isPacked: !message && pass !== passBytes };
  }
}

/** What is left of a weight behind the records up to a position; negative as soon as nothing is. */
function weigh(shape: Shape, reader: BinaryReader, end: number, weight: number, depth: number): number {
  if (depth > maxDepth) throw new Error("The library decodes no message that is deeper.");
  let left = weight;
  while (reader.pos < end && left >= 0) {
    const [number, wireType] = reader.tag();
    const field = shape.fields.get(number);
    left -= field?.weight ?? shape.unknownWeight;
    if (!field) reader.skip(wireType, number, maxDepth - depth);
    else if (field.inner) {
      const inner = field.inner();
      const length = reader.uint32();
      left = weigh(inner, reader, reader.pos + length, left, depth + inner.depth);
    } else if (field.isPacked && wireType === WireType.LengthDelimited)
      left = weighPacked(field.pass, reader, left);
    else field.pass(reader);
  }
  return left;
}

/** Numbers in one record weigh what they take. */
function weighPacked(pass: Pass, reader: BinaryReader, weight: number): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  const left = weight - Math.min(length, reader.len - reader.pos);
  // The last one can end behind the record.
  while (left >= 0 && reader.pos < end) pass(reader);
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
