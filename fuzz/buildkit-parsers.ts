import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { fileSend } from "../src/buildkit/filesend/file-send.js";
import { fileSync } from "../src/buildkit/filesync/file-sync.js";
import { MessageSplitter } from "../src/buildkit/session/framing.js";
import { decodePercent } from "../src/buildkit/session/grpc-message.js";
import { HeaderJoiner } from "../src/buildkit/session/header-joiner.js";
import type { SessionMethod } from "../src/buildkit/session/method.js";
import { StatusError } from "../src/errors/status-error.js";
import { PacketSchema } from "../src/gen/fsutil/types/wire_pb.js";
import { folderSource } from "../src/inputs/files/folder-source.js";
import { inFolder } from "./in-folder.js";
import { mutated, textOf } from "./inputs.js";
import { target } from "./target.js";

const refused = (error: unknown) => error instanceof StatusError;

const path = fc.oneof(
  ...[
    fc.constantFrom("a", "b", "a/b", "a/b/c", "l", "l/kept", "../outside/kept", "/", "", "."),
    textOf("a", "b", "/", "..", "."),
  ].map((texts) => texts.map((text) => Buffer.from(text))),
  fc.uint8Array({ maxLength: 4 }),
);
const mode = fc.oneof(
  // Files, folders, links and pipes, as Go writes their modes.
  fc.constantFrom(0o644, 0o4755, 0x80000000 + 0o755, 0x08000000 + 0o777, 0x02000000 + 0o644),
  fc.nat(0xffffffff),
);
const stat = fc.record({
  path,
  mode,
  linkname: fc.oneof(
    fc.constantFrom("", "", "../outside", "a", "..").map((text) => Buffer.from(text)),
    path,
  ),
  size: fc.oneof(fc.constantFrom(0n, 1n, -1n), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  modTime: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
});
/** A packet of fsutil's protocol, sometimes damaged. */
const packet = fc
  .record({
    // 0 announces an entry, 1 requests a file, 2 has content, 3 is the end, 4 an error.
    type: fc.constantFrom(0, 0, 0, 1, 1, 2, 2, 3, 4, 9),
    stat: fc.option(stat, { nil: undefined }),
    id: fc.oneof(fc.nat(4), fc.nat(0xffffffff)),
    data: fc.uint8Array({ maxLength: 4 }),
  })
  .map((fields) =>
    toBinary(PacketSchema, create(PacketSchema, fields as MessageInitShape<typeof PacketSchema>)),
  )
  .chain((bytes) => fc.oneof({ weight: 9, arbitrary: fc.constant(bytes) }, mutated(bytes)));
const packets = fc.array(packet, { maxLength: 12 });

/** Calls a session method as a BuildKit that sends these packets and then ends the call. */
async function call(method: SessionMethod, headers: Record<string, string[]>, sent: Uint8Array[]) {
  async function* messages() {
    yield* sent;
  }
  const { signal } = new AbortController();
  await method.handle({
    header: (name) => headers[name] ?? [],
    messages: messages(),
    send: async () => {},
    signal,
  });
}

/** Calls `work` with a folder that has a folder `outside` with one file, and checks afterwards that they are unchanged. */
function besideOutside(work: (folder: string) => Promise<void>) {
  return inFolder(async (folder) => {
    mkdirSync(join(folder, "outside"));
    writeFileSync(join(folder, "outside/kept"), "kept");
    mkdirSync(join(folder, "out"));
    await work(join(folder, "out")).finally(() => {
      const names = [...readdirSync(folder), ...readdirSync(join(folder, "outside"))].join(" ");
      if (names !== "out outside kept" || readFileSync(join(folder, "outside/kept"), "utf8") !== "kept")
        throw new Error(`the folder outside was changed: ${names}`);
    });
  });
}

/** Parsers of what a BuildKit sends. */
export const buildkitParsers = [
  target({
    name: "grpc-message",
    inputs: textOf("%", "%41", "%zz", "a", "é"),
    run: decodePercent,
    refuses: () => false,
  }),
  target({
    name: "session frames",
    inputs: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
    run(chunks) {
      const joiner = new HeaderJoiner();
      const splitter = new MessageSplitter();
      for (const chunk of chunks) {
        joiner.push(Buffer.from(chunk));
        splitter.push(Buffer.from(chunk));
      }
    },
    refuses: refused,
  }),
  target({
    name: "requests for files",
    inputs: fc.record({
      headers: fc.dictionary(
        fc.constantFrom("include-patterns", "exclude-patterns", "followpaths", "followpaths-encoded"),
        fc.array(textOf("*", "**", "/", "!", "a", "b", "..", "%", "1"), { maxLength: 3 }),
      ),
      sent: packets,
    }),
    async run({ headers, sent }) {
      await besideOutside(async (folder) => {
        for (const name of ["a", "b"]) writeFileSync(join(folder, name), name);
        const [method] = fileSync({ context: await folderSource(folder) });
        await call(method!, { ...headers, "dir-name": ["context"] }, sent);
      });
    },
    refuses: refused,
  }),
  target({
    name: "files of an output",
    inputs: fc.record({ mirror: fc.boolean(), sent: packets }),
    async run({ mirror, sent }) {
      await besideOutside(async (folder) => {
        const method = fileSend(new Map([[0, { kind: "folder", dest: folder, mirror }]]));
        await call(method, { "buildkit-exporter-multi-platform": ["1"] }, sent);
      });
    },
    refuses: refused,
  }),
];
