import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { expect, it } from "vitest";
import type { Slipway } from "../../client/slipway.js";
import { typedError } from "../../errors/typed-error.js";
import { ListFilesResponseSchema, ReadFileResponseSchema } from "../../gen/slipway/v1/debug_pb.js";
import { FileValues, modeText } from "./file-values.js";
import type { Value } from "./variables.js";

it.each([
  [0o100644, "-rw-r--r--"],
  [0o040755, "drwxr-xr-x"],
  [0o120777, "lrwxrwxrwx"],
  [0o020600, "crw-------"],
])("mode %o is %s", (mode, text) => {
  expect(modeText(mode)).toBe(text);
});

/** Files whose content a real build would not have at hand. */
function valuesOf(data: Uint8Array): Value[] {
  const debug = {
    async listFiles({ path }: { path: string }) {
      if (path === "/gone/")
        throw typedError({ code: Code.NotFound, reason: "FILES_UNREADABLE", message: "It is not there." });
      const files = [
        { name: "gone", mode: 0o040755 },
        { name: "file", mode: 0o100644, uid: 1, gid: 2, size: BigInt(data.length) },
        { name: "link", mode: 0o120777, linkTarget: "file" },
      ];
      return create(ListFilesResponseSchema, { files: path === "/" ? files : [] });
    },
    readFile: async () => create(ReadFileResponseSchema, { data }),
  };
  return new FileValues(debug as unknown as Slipway["debug"], "build").trees(["/"]);
}

/** The values below one. */
async function below(values: readonly Value[], name: string): Promise<readonly Value[]> {
  return (await values.find((value) => value.name === name)!.parts!()) ?? [];
}

it.each([
  ["text", Buffer.from("naïve\n"), "naïve\n"],
  ["text that is cut in a character", Buffer.from("naï").subarray(0, 3), "na"],
  ["bytes", Buffer.from([1, 0, 2]), "binary data"],
  ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x41]), "binary data"],
  ["nothing", Buffer.alloc(0), ""],
])("a file shows its data: %s", async (_what, data, shown) => {
  const root = await below(valuesOf(data), "/");
  expect((await below(root, "file"))[0]).toEqual({ name: "data", value: shown });
});

it("folders end with a slash and have themselves in them, and links say where they lead", async () => {
  const root = await below(valuesOf(Buffer.from("data")), "/");
  expect(root.map(({ name, value }) => [name, value])).toEqual([
    ["gone/", ""],
    ["file", "-rw-r--r-- 1:2 4"],
    ["link", "lrwxrwxrwx 0:0 0"],
  ]);
  expect((await below(root, "link"))[0]).toEqual({ name: "linkname", value: "file" });
  expect((await below(root, "gone/")).map(({ name }) => name)).toEqual(["."]);
});
