import {
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type Message as ProtobufMessage,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BuildService as Codec } from "../gen/slipway/v1/build_codec.js";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { create as createFromTable } from "./create.js";
import { decode } from "./decode.js";
import { encode } from "./encode.js";
import type { Message } from "./message.js";

// The same contents in every run.
fc.configureGlobal({ seed: 20_261_129 });

/** The library's own implementation, from descriptors, is what the tables are compared with. */
const messages = BuildService.methods.flatMap(({ name, localName, input, output }) => {
  const method = Codec[localName as keyof typeof Codec];
  return [
    { of: `the request of ${name}`, desc: input, message: method.input as Message },
    { of: `the answer of ${name}`, desc: output, message: method.output as Message },
  ];
});

describe.each(messages)("$of", ({ desc, message }) => {
  test("is encoded as from descriptors", () => {
    fc.assert(
      fc.property(contentOf(desc), (init) => {
        const expected = toBinary(desc, create(desc, init));
        expect(Buffer.from(encode(message, init)).equals(expected)).toBe(true);
      }),
    );
  });

  test("is decoded as from descriptors", () => {
    fc.assert(
      fc.property(contentOf(desc), (init) => {
        const bytes = toBinary(desc, create(desc, init));
        expect(decode(message, bytes)).toEqual(fromBinary(desc, bytes));
      }),
    );
  });

  test("is made with the same defaults as from descriptors", () => {
    fc.assert(
      fc.property(contentOf(desc), (init) => {
        expect(createFromTable(message, init)).toEqual(create(desc, init));
      }),
    );
  });

  test("is decoded without the fields that it does not know", () => {
    const unknown = Uint8Array.of(0xf2, 0x3f, 2, 1, 2, 0xf8, 0x3f, 1);
    expect(decode(message, unknown)).toEqual(create(desc));
  });
});

test("refuses bytes that end within a field", () => {
  const bytes = encode(Codec.getBuild.input, { id: "0123456789" });
  expect(() => decode(Codec.getBuild.input, bytes.subarray(0, 5))).toThrow();
});

/** Messages with any content; nested ones get rarer with their depth. */
function contentOf(desc: DescMessage, depth = 0): fc.Arbitrary<MessageInitShape<DescMessage>> {
  const absent = fc.constant(undefined);
  const singles = desc.members.flatMap((member): [string, fc.Arbitrary<unknown>][] => {
    if (member.kind === "field")
      return [[member.localName, fc.option(contentOfField(member, depth), { nil: undefined })]];
    const cases = member.fields.map((field) =>
      contentOfField(field, depth).map((value) =>
        value !== undefined ? { case: field.localName, value } : undefined,
      ),
    );
    return [[member.localName, fc.oneof(absent, ...cases)]];
  });
  return fc.record(Object.fromEntries(singles)) as fc.Arbitrary<ProtobufMessage>;
}

function contentOfField(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const { message, scalar } = field;
  const single = message
    ? depth > 3
      ? fc.constant(undefined)
      : contentOf(message, depth + 1)
    : scalar
      ? scalarOf(scalar)
      : fc.integer({ min: 0, max: 3 });
  if (depth > 3 && message && field.fieldKind !== "message") return fc.constant(undefined);
  if (field.fieldKind === "list") return fc.array(single, { maxLength: 3 });
  if (field.fieldKind === "map") return fc.dictionary(fc.string(), single, { maxKeys: 3 });
  return single;
}

function scalarOf(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return fc.string({ unit: "grapheme" });
    case ScalarType.BYTES:
      return fc.uint8Array();
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.INT64:
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case ScalarType.UINT64:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case ScalarType.INT32:
      return fc.integer();
    case ScalarType.UINT32:
      return fc.nat();
    case ScalarType.DOUBLE:
      return fc.double();
    default:
      throw new Error(`${ScalarType[type]} is not covered.`);
  }
}
