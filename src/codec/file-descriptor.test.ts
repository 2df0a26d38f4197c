import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { decodeFile, UnknownField } from "./file-descriptor.js";

/** The files of this repository, and of the library. Nothing uses the latter's that extend options. */
const folders = [
  join(import.meta.dirname, "../gen"),
  join(dirname(createRequire(import.meta.url).resolve("@bufbuild/protobuf/wkt")), "../../esm/wkt"),
];

async function generatedFiles(): Promise<{ path: string; bytes: Buffer }[]> {
  const files = [];
  for (const folder of folders)
    for (const name of await readdir(folder, { recursive: true })) {
      if (!/_pb\.(ts|js)$/.test(name) || /features_pb|_options_pb/.test(name)) continue;
      const path = join(folder, name);
      const [, base64] = /fileDesc\("([^"]+)"/.exec(await readFile(path, "utf8")) ?? [];
      if (base64) files.push({ path, bytes: Buffer.from(base64, "base64") });
    }
  return files;
}

test("decodes every generated file as the library does", async () => {
  const files = await generatedFiles();
  expect(files.length).toBeGreaterThan(40);
  for (const { path, bytes } of files) {
    const decoded = decodeFile(bytes);
    const expected = fromBinary(FileDescriptorProtoSchema, bytes);
    expect(decoded, path).toEqual(expected);
    expect(defaultsOf(decoded), path).toEqual(defaultsOf(expected));
    expect(Buffer.from(toBinary(FileDescriptorProtoSchema, decoded)).equals(bytes), path).toBe(true);
  }
});

test("refuses a field that it does not know", () => {
  expect(() => decodeFile(Buffer.from([0x72, 1, 0]))).toThrow(UnknownField);
});

/** The default values of a message and of those in it, which are in their prototypes. */
function defaultsOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const own = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, defaultsOf(field)]));
  return Array.isArray(value) ? own : { ...own, prototype: { ...Object.getPrototypeOf(value) } };
}
