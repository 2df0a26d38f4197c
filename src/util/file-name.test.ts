import fc from "fast-check";
import { expect, test } from "vitest";
import { nameBytes, nameOf, onDisk } from "./file-name.js";

test("names have the same bytes after they were texts", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc
      .array(
        fc.constantFrom(0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xb2, 0x80, 0xff),
      )
      .map((each) => Uint8Array.from(each)),
  );
  fc.assert(
    fc.property(bytes, (name) => {
      expect([...nameBytes(nameOf(name))]).toEqual([...name]);
    }),
    { numRuns: 2000 },
  );
});

test("names that are UTF-8 are what they were", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      expect(nameOf(Buffer.from(name))).toBe(name);
      expect(onDisk(name)).toBe(name);
    }),
  );
});

test("each byte that is not UTF-8 is one code unit", () => {
  expect(nameOf(Buffer.from("caf\xe9 \xff", "latin1"))).toBe("caf\udce9 \udcff");
  expect(onDisk("caf\udce9")).toEqual(Buffer.from("caf\xe9", "latin1"));
});
