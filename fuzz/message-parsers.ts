import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { type ReflectList, type ReflectMap, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import fc from "fast-check";
import { SolveRequestSchema, StatusResponseSchema } from "../src/gen/moby/buildkit/v1/control_pb.js";
import { DefinitionSchema, OpSchema } from "../src/gen/pb/ops_pb.js";
import { ListBuildsRequestSchema, StartBuildRequestSchema } from "../src/gen/slipway/v1/build_pb.js";
import { hasManyElements } from "../src/messages/elements.js";
import { checkEach } from "../src/messages/envelopes.js";
import { inPieces, pieceLengths } from "./inputs.js";
import { target } from "./target.js";

/** Messages with lists, numbers in lists, maps of texts and of messages, and messages in each other. */
const descs: readonly DescMessage[] = [
  StartBuildRequestSchema,
  ListBuildsRequestSchema,
  StatusResponseSchema,
  SolveRequestSchema,
  DefinitionSchema,
  OpSchema,
];

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
/** A number that takes more bytes than it needs. */
const longVarint = (value: number): number[] => [
  ...[0, 7, 14, 21].map((shift) => ((value >>> shift) & 0x7f) | 0x80),
  0x10,
];

/**
 * Records in each other, mostly of low field numbers, with right and wrong lengths and any wire type: what readers of
 * messages could disagree about.
 */
const records = fc.letrec<{ list: number[]; one: number[] }>((tie) => ({
  list: fc.array(tie("one"), { maxLength: 6 }).map((all) => all.flat()),
  one: fc
    .record({
      number: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 1, max: 12 }) },
        fc.integer({ min: 0, max: 99 }),
      ),
      wireType: fc.oneof({ weight: 6, arbitrary: fc.constant(2) }, fc.integer({ min: 0, max: 7 })),
      content: fc.oneof({ maxDepth: 4 }, fc.array(fc.nat(255), { maxLength: 6 }), tie("list")),
      error: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.integer({ min: -2, max: 3 })),
      isLong: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, fc.boolean()),
      times: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 20 })),
    })
    .map(({ number, wireType, content, error, isLong, times }) => {
      const length = Math.max(0, content.length + error);
      const prefix = [...varint(number * 8 + wireType), ...(isLong ? longVarint : varint)(length)];
      return Array.from({ length: times }, () => [...prefix, ...content]).flat();
    }),
}));

/** What a message costs that was decoded: as the count weighs it, 8 for an element, and 1 for a number in a list. */
function weightOf(message: ReflectMessage): number {
  const unknown = ((message.message as Message).$unknown?.length ?? 0) * 8;
  return message.fields.reduce((sum, field) => {
    if (!message.isSet(field)) return sum;
    switch (field.fieldKind) {
      case "message":
        return sum + weightOf(message.get(field) as ReflectMessage);
      case "list": {
        const list: unknown[] = [...(message.get(field) as ReflectList)];
        if (field.listKind === "message")
          return list.reduce<number>((all, each) => all + 8 + weightOf(each as ReflectMessage), sum);
        return sum + list.length * (isText(list[0]) ? 8 : 1);
      }
      case "map": {
        const values: unknown[] = [...(message.get(field) as ReflectMap).values()];
        if (field.mapKind !== "message") return sum + values.length * 8;
        return values.reduce<number>((all, each) => all + 8 + weightOf(each as ReflectMessage), sum);
      }
      default:
        return sum;
    }
  }, unknown);
}

const isText = (value: unknown) => typeof value === "string" || value instanceof Uint8Array;

/** Undefined for what the library does not decode. */
function decoded(desc: DescMessage, bytes: Uint8Array): Message | undefined {
  try {
    return fromBinary(desc, bytes);
  } catch {
    return undefined;
  }
}

/** Throws when a message passes that has more elements when it is decoded. */
function compare(desc: DescMessage, bytes: Uint8Array, limit: number): void {
  const isMany = hasManyElements(desc, bytes, limit);
  const message = decoded(desc, bytes);
  if (!message) return;
  const weight = weightOf(reflect(desc, message));
  if (!isMany && weight > 8 * limit) throw new Error(`${weight / 8} elements pass a limit of ${limit}`);
}

/** Messages as gRPC sends them: each behind its flags and length. */
const framed = (messages: readonly Uint8Array[]) =>
  Buffer.concat(
    messages.flatMap((message) => {
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      return [prefix, message];
    }),
  );

/** What looks at messages before they are decoded. */
export const messageParsers = [
  target({
    name: "elements of a message",
    inputs: fc.record({
      desc: fc.constantFrom(...descs.map(({ typeName }) => typeName)),
      bytes: records.list.map((list) => Uint8Array.from(list)),
      limit: fc.nat(12),
    }),
    run({ desc: name, bytes, limit }) {
      const desc = descs.find(({ typeName }) => typeName === name)!;
      compare(desc, bytes, limit);
      // What was decoded and is encoded again has the same elements, in the usual form.
      const message = decoded(desc, bytes);
      if (message) compare(desc, toBinary(desc, message), limit);
    },
    refuses: () => false,
  }),
  target({
    name: "elements of a usual message",
    inputs: fc.record({
      outputs: fc.nat(20),
      tags: fc.nat(20),
      arguments: fc.nat(20),
      limit: fc.integer({ min: 1, max: 80 }),
    }),
    run({ outputs, tags, arguments: count, limit }) {
      const message = create(StartBuildRequestSchema, {
        spec: {
          outputs: Array.from({ length: outputs }, () => ({ type: "image" })),
          tags: Array.from({ length: tags }, (_, index) => `tag${index}`),
          buildArgs: Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, "b"])),
        },
      });
      const isMany = hasManyElements(
        StartBuildRequestSchema,
        toBinary(StartBuildRequestSchema, message),
        limit,
      );
      const elements = outputs + tags + count;
      // Its other values weigh an eighth each: the message itself, the types of the outputs, and the texts in the map.
      if (elements > limit && !isMany) throw new Error(`${elements} elements pass a limit of ${limit}`);
      if (isMany && 8 * (elements + 1) + outputs + 2 * count <= 8 * limit)
        throw new Error(`${elements} elements exceed a limit of ${limit}`);
    },
    refuses: () => false,
  }),
  target({
    name: "messages of a stream",
    inputs: fc.record({
      messages: fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 6 }),
      rest: fc.uint8Array({ maxLength: 12 }),
      lengths: pieceLengths,
    }),
    async run({ messages, rest, lengths }) {
      // A rest that is a part of a message, or too large.
      const body = Buffer.concat([framed(messages), rest]);
      const checked: Uint8Array[] = [];
      const passed: Uint8Array[] = [];
      const check = (message: Uint8Array) => void checked.push(Uint8Array.from(message));
      for await (const piece of checkEach(inPieces(body, lengths), check, 100)) {
        passed.push(piece);
        const isPassed = Buffer.concat(passed).length > framed(checked).length;
        if (isPassed && checked.length < messages.length)
          throw new Error("a message was passed before it was checked");
      }
      const first = checked.slice(0, messages.length);
      if (!framed(first).equals(framed(messages))) throw new Error("another message was checked");
      const all = Buffer.concat(passed);
      if (!all.equals(body.subarray(0, all.length))) throw new Error("the body was changed");
      if (all.length < framed(messages).length) throw new Error("the body was cut");
    },
    refuses: () => false,
  }),
];
