import { create, fromBinary, toBinary, toJsonString } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ListBuildsRequestSchema, StartBuildRequestSchema } from "../gen/slipway/v1/build_pb.js";
import { CreateUploadRequestSchema, EntryType } from "../gen/slipway/v1/upload_pb.js";
import { hasManyElements } from "./elements.js";

const maxElements = 100_000;

/** A record whose value is bytes. */
function record(number: number, value: Uint8Array): Buffer {
  const prefix = [(number << 3) | 2];
  if (prefix[0]! > 0x7f) prefix.splice(0, 1, (prefix[0]! & 0x7f) | 0x80, number >> 4);
  let length = value.length;
  for (; length > 0x7f; length >>>= 7) prefix.push((length & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...prefix, length]), value]);
}

const numberOf = (name: string) => {
  const spec = StartBuildRequestSchema.fields.find((field) => field.name === "spec")!;
  return spec.message!.fields.find((field) => field.name === name)!.number;
};
const spec = (value: Uint8Array) => record(StartBuildRequestSchema.field.spec.number, value);
const empty = new Uint8Array();
const repeat = (bytes: Uint8Array, count: number) => Buffer.alloc(bytes.length * count, Buffer.from(bytes));

test.each<[string, (count: number) => Uint8Array]>([
  ["empty messages", (count) => spec(repeat(record(numberOf("outputs"), empty), count))],
  ["empty texts", (count) => spec(repeat(record(numberOf("tags"), empty), count))],
  ["entries of a map", (count) => spec(repeat(record(numberOf("build_args"), empty), count))],
  [
    "elements in the messages of a map",
    (count) => {
      const inner = repeat(record(numberOf("outputs"), empty), count);
      return spec(Buffer.concat([inner, Buffer.from([0xa0, 0x06, 1])]));
    },
  ],
  ["unknown fields", (count) => repeat(record(15, empty), count)],
])("%s are counted", (_, message) => {
  expect(hasManyElements(StartBuildRequestSchema, message(maxElements + 1), maxElements)).toBe(true);
  expect(hasManyElements(StartBuildRequestSchema, message(maxElements - 10), maxElements)).toBe(false);
});

test("numbers in one record, and fields that replace each other, are counted by what they cost", () => {
  const { states } = ListBuildsRequestSchema.field;
  const packed = (bytes: number) => record(states.number, Buffer.alloc(bytes, 1));
  expect(hasManyElements(ListBuildsRequestSchema, packed(700_000), maxElements)).toBe(false);
  expect(hasManyElements(ListBuildsRequestSchema, packed(900_000), maxElements)).toBe(true);
  const { pageSize } = ListBuildsRequestSchema.field;
  const repeated = (count: number) => repeat(Buffer.from([pageSize.number << 3, 1]), count);
  expect(hasManyElements(ListBuildsRequestSchema, repeated(700_000), maxElements)).toBe(false);
  expect(hasManyElements(ListBuildsRequestSchema, repeated(900_000), maxElements)).toBe(true);
});

test("large contents and long manifests are no fault", () => {
  const dockerfile = { source: { case: "content" as const, value: Buffer.alloc(1 << 20, ',{["\\') } };
  const large = create(StartBuildRequestSchema, { spec: { dockerfile } });
  const entries = Array.from({ length: 9000 }, (_entry, index) => ({
    path: `node_modules/package/lib/file-"${index}\\".js`,
    type: EntryType.FILE,
    mode: 0o644,
    modifyTime: { seconds: 1_700_000_000n, nanos: 1 },
    digest: `sha256:${String(index).padStart(64, "0")}`,
    sizeBytes: 1000n,
  }));
  const manifest = create(CreateUploadRequestSchema, { manifest: true, entries });
  for (const [desc, message] of [
    [StartBuildRequestSchema, large],
    [CreateUploadRequestSchema, manifest],
  ] as const) {
    expect(hasManyElements(desc, toBinary(desc, message as never), maxElements)).toBe(false);
    expect(
      hasManyElements(desc, Buffer.from(toJsonString(desc, message as never)), maxElements, "json"),
    ).toBe(false);
  }
});

test("values in JSON are counted, and what is in strings is not", () => {
  const json = (text: string) =>
    hasManyElements(StartBuildRequestSchema, Buffer.from(text), maxElements, "json");
  const spec = (text: string) => json(`{"spec":{"outputs":[${text}]}}`);
  expect(spec('"long enough",'.repeat(maxElements))).toBe(true);
  expect(spec('"long enough",'.repeat(maxElements - 10))).toBe(false);
  expect(spec("{  },".repeat(maxElements / 2))).toBe(true);
  expect(spec(`"${'{\\",['.repeat(maxElements)}\\\\"`)).toBe(false);
  expect(json(`"${"\\".repeat(1_000_001)}`)).toBe(false);
});

/** The five bytes of a number of at most 28 bits; a reader of 32 bits leaves out the higher bits of the last one. */
const varint = (value: number, beyond = 0) => [
  ...[0, 7, 14, 21].map((shift) => ((value >>> shift) & 0x7f) | 0x80),
  beyond,
];

test.each<[string, number, string, (length: number) => number[]]>([
  ["a number that is sent as bytes", 3, "breakpoints", () => [(3 << 3) | 2, ...varint(1 << 22)]],
  ["a message that is sent as a number", 2, "outputs", (length) => [2 << 3, ...varint(length)]],
  ["a length of 33 bits", 2, "outputs", (length) => [(2 << 3) | 2, ...varint(length, 0x10)]],
])("the elements behind %s are counted, as the library reads them", (_, number, name, prefix) => {
  const { hold, spec, breakpoints } = StartBuildRequestSchema.field;
  expect([hold.number, spec.number]).toContain(number);
  const element = record(name === "outputs" ? numberOf("outputs") : breakpoints.number, empty);
  const message = (count: number) => {
    const elements = repeat(element, count);
    return Buffer.concat([Buffer.from(prefix(elements.length)), elements]);
  };
  const decoded = fromBinary(StartBuildRequestSchema, message(3));
  expect(decoded.breakpoints.length + (decoded.spec?.outputs.length ?? 0)).toBe(3);
  expect(hasManyElements(StartBuildRequestSchema, message(maxElements + 1), maxElements)).toBe(true);
});

test("malformed messages end the count", () => {
  expect(hasManyElements(StartBuildRequestSchema, Buffer.alloc(1 << 20, 0xff), maxElements)).toBe(false);
  const cut = spec(repeat(record(numberOf("outputs"), empty), 1 << 19)).subarray(0, 1 << 19);
  expect(hasManyElements(StartBuildRequestSchema, cut, maxElements)).toBe(true);
  const long = Buffer.concat([Buffer.from([26, 0xff, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(1 << 20)]);
  expect(hasManyElements(CreateUploadRequestSchema, long, maxElements)).toBe(false);
});
