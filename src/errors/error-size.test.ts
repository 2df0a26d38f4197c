import { Code, ConnectError } from "@connectrpc/connect";
import { findTrailerError, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { expect, test } from "vitest";
import { encodeError, limitError, readTypedError, type TypedError } from "./typed-error.js";

/** What Java and Python accept as headers or trailers. */
const accepted = 8 * 1024;

function overTheWire(error: ConnectError) {
  const trailers = setTrailerStatus(new Headers(), error);
  const bytes = [...trailers].reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
  return { bytes, error: readTypedError(findTrailerError(trailers)) };
}

const field = (index: number, text = `The driver has no option o${index}.`) => ({
  field: `node.options[o${index}]`,
  reason: "OPTION_UNKNOWN",
  message: text,
  remedy: "Leave it out.",
  helpUrl: "https://help.example/options",
});

const withFields = (count: number, text?: string): TypedError => {
  const fields = Array.from({ length: count }, (_, index) => field(index, text));
  const message = fields.map((each) => each.message).join(" ");
  return { code: Code.InvalidArgument, reason: "OPTION_UNKNOWN", message, fields, metadata: { driver: "d" } };
};

test("an error that fits is unchanged", () => {
  const { error } = overTheWire(encodeError(withFields(5)));
  expect(error).toMatchObject(withFields(5));
});

test.each([100, 500, 5000])("%d fields at fault are cut, and their number is stated", (count) => {
  const { bytes, error } = overTheWire(encodeError(withFields(count)));
  expect(bytes).toBeLessThan(accepted);
  const kept = error.fields!.length;
  expect(kept).toBeGreaterThan(5);
  expect(error.fields).toEqual(withFields(kept).fields);
  expect(error).toMatchObject({
    reason: "OPTION_UNKNOWN",
    metadata: { driver: "d", omitted_fields: String(count - kept) },
  });
  expect(error.message).toMatch(new RegExp(`… ${count - kept} more fields are at fault\\.$`));
});

test("an error that was cut and gets a longer message states the number once", () => {
  const first = readTypedError(encodeError(withFields(100)));
  const { bytes, error } = overTheWire(encodeError({ ...first, message: `Not created: ${first.message}` }));
  expect(bytes).toBeLessThan(accepted);
  expect(error.fields!.length + Number(error.metadata?.omitted_fields)).toBe(100);
  expect(error.message.match(/more fields/g)).toHaveLength(1);
});

test.each(["a".repeat(1 << 16), "ß水🚢 ".repeat(1 << 14)])("long texts are shortened", (long) => {
  const url = `https://help.example/${"a".repeat(4096)}`;
  const everything: TypedError = {
    code: Code.Internal,
    reason: long,
    domain: long,
    message: long,
    remedy: long,
    helpUrl: url,
    metadata: {
      short: "kept",
      long,
      ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, long])),
    },
    fields: [{ field: long, reason: long, message: long, remedy: long, helpUrl: url }],
  };
  const { bytes, error } = overTheWire(encodeError(everything));
  expect(bytes).toBeLessThan(accepted);
  expect(error.metadata?.short).toBe("kept");
  expect(error.helpUrl).toBeUndefined();
  for (const text of [error.message, error.remedy, error.reason]) expect(text).toMatch(/…$/);
  expect(error.message).not.toContain("\ufffd");
});

test("a plugin's error keeps its reason when its other details are too large", () => {
  const { details } = encodeError({
    code: Code.Aborted,
    reason: "GONE",
    message: "",
    domain: "driver.slipway.dev",
  });
  const large = new ConnectError("It is gone.", Code.Aborted, undefined, details as never);
  large.details.push({ type: "example.Whatever", value: new Uint8Array(1 << 16) });
  const { bytes, error } = overTheWire(limitError(large));
  expect(bytes).toBeLessThan(accepted);
  expect(error).toMatchObject({ reason: "GONE", domain: "driver.slipway.dev", message: "It is gone." });
});
