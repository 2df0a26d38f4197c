import type { MessageInitShape } from "@bufbuild/protobuf";
import type { DialBuilderRequestSchema } from "../../gen/slipway/v1/builder_pb.js";
import { chunks } from "../../util/chunks.js";
import { withHost } from "../host.js";
import { chooseProgress } from "../progress/open-display.js";
import { BootDisplay } from "./bootstrap.js";

/** Largest piece of the stream in one message, in bytes. */
const pieceBytes = 1 << 20;

/** The flags of `dial-stdio`. */
export interface DialStdioFlags {
  builder?: string;
  platform?: string;
  progress: string;
}

/** `slipway dial-stdio`: the stream to a node's BuildKit on stdin and stdout, until BuildKit ends it. */
export async function runDialStdio(flags: DialStdioFlags): Promise<void> {
  const { mode } = chooseProgress(flags, { env: {}, isTerminal: process.stderr.isTTY });
  const boots = await BootDisplay.open(mode);
  // Who reads no more is told by the write that fails.
  process.stdout.on("error", () => {});
  try {
    await withHost(async ({ builders, environment }) => {
      const target = { builder: flags.builder ?? "", environment, platform: flags.platform ?? "" };
      for await (const { node, progress, dialled, data } of builders.dialBuilder(requests(target))) {
        if (progress) boots.update(node, progress);
        if (dialled) boots.end();
        if (data.length > 0) await write(data);
      }
    });
  } finally {
    boots.close();
  }
}

type Request = MessageInitShape<typeof DialBuilderRequestSchema>;

async function* requests(target: Request["target"]): AsyncGenerator<Request> {
  yield { target };
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    for (const data of chunks(chunk, pieceBytes)) yield { data: new Uint8Array(data) };
  }
}

/** Resolves when the bytes have left the process: none may be lost when it ends. */
function write(data: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(data, (error) => (error ? reject(error) : resolve()));
  });
}
