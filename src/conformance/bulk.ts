import { createHash, randomBytes, randomUUID } from "node:crypto";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { extract } from "tar-stream";
import type { BuildkitClient } from "../buildkit/client.js";
import { fileSend } from "../buildkit/filesend/file-send.js";
import { fileSync } from "../buildkit/filesync/file-sync.js";
import { DefinitionSchema, OpSchema } from "../gen/pb/ops_pb.js";
import { memorySource } from "../inputs/files/memory-source.js";
import { must } from "./report/violation.js";

/** Size of a file that is sent to BuildKit and back, in bytes. */
const bulkBytes = 16 << 20;

const fileName = "file";

/**
 * Sends two files to BuildKit and back, each with a build that only copies it. The second build starts when the first
 * file is on its way back, so that bytes flow in both directions at once. Throws a Violation when a file was changed.
 */
export async function mustCarryBulk(client: BuildkitClient): Promise<void> {
  let returning = () => {};
  const returned = new Promise<void>((resolve) => {
    returning = resolve;
  });
  const first = roundTrip(client, returning);
  await Promise.all([first, Promise.race([returned, first]).then(() => roundTrip(client))]);
}

async function roundTrip(client: BuildkitClient, onReturn?: () => void): Promise<void> {
  const content = randomBytes(bulkBytes);
  const returned = new PassThrough();
  const digest = digestInside(returned);
  digest.catch(() => {});
  const open = () => {
    onReturn?.();
    return returned;
  };
  const session = await client.openSession({
    sharedKey: randomUUID(),
    methods: [
      ...fileSync({ context: memorySource({ [fileName]: content }) }),
      fileSend(new Map([[0, { kind: "stream", open }]])),
    ],
  });
  try {
    await client.control.solve({
      ref: randomUUID(),
      session: session.id,
      definition: localFiles(),
      exporterDeprecated: "tar",
      exporters: [{ type: "tar" }],
    });
    const same = (await digest) === createHash("sha256").update(content).digest("hex");
    must(same, `A file of ${bulkBytes} bytes came back changed from BuildKit.`);
  } finally {
    await session.close();
  }
}

/** Digest of the file in an archive. */
async function digestInside(archive: Readable): Promise<string | undefined> {
  const files = extract();
  const [, digest] = await Promise.all([pipeline(archive, files), readDigest(files)]);
  return digest;
}

async function readDigest(files: ReturnType<typeof extract>): Promise<string | undefined> {
  let digest: string | undefined;
  for await (const file of files) {
    const hash = createHash("sha256");
    for await (const chunk of file) hash.update(chunk as Uint8Array);
    if (file.header.name === fileName) digest = hash.digest("hex");
  }
  return digest;
}

/** A build graph that only contains the session's files. */
function localFiles() {
  // Without this BuildKit would merge the two builds.
  const attrs = { "local.unique": randomUUID() };
  const value = { identifier: "local://context", attrs };
  const source = create(OpSchema, { op: { case: "source", value } });
  const bytes = toBinary(OpSchema, source);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const end = toBinary(OpSchema, create(OpSchema, { inputs: [{ digest }] }));
  return create(DefinitionSchema, { def: [bytes, end] });
}
