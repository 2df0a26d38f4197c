import type { MessageInitShape } from "@bufbuild/protobuf";
import type { DialBuilderRequestSchema, DialTargetSchema } from "../../gen/slipway/v1/builder_pb.js";
import { chunks } from "../../util/chunks.js";
import { withHost } from "../host.js";
import { chooseProgress } from "../progress/open-display.js";
import { BootDisplay } from "./bootstrap.js";

/** Maximum chunk of the stream in one message, in bytes. */
const chunkBytes = 1 << 20;

/** The flags of `dial-stdio`. */
export interface DialStdioFlags {
  builder?: string;
  platform?: string;
  progress: string;
}

/** `slipway dial-stdio`: forwards a connection to a node's BuildKit over stdin and stdout, until BuildKit closes it. */
export async function runDialStdio(flags: DialStdioFlags): Promise<void> {
  const { mode } = chooseProgress(flags, { env: {}, isTerminal: process.stderr.isTTY });
  const boots = await BootDisplay.open(mode);
  // A closed stdout makes the next write fail, which is reported there.
  process.stdout.on("error", () => {});
  try {
    await withHost(async ({ builders, environment }) => {
      const target = { builder: flags.builder ?? "", environment, platform: flags.platform ?? "" };
      for await (const { event } of builders.dialBuilder(requests(target))) {
        if (event.case === "progress") boots.update(event.value);
        if (event.case === "connected") boots.end();
        if (event.case === "data") await write(event.value);
      }
    });
  } finally {
    boots.close();
  }
}

type Request = MessageInitShape<typeof DialBuilderRequestSchema>;

async function* requests(target: MessageInitShape<typeof DialTargetSchema>): AsyncGenerator<Request> {
  yield { message: { case: "target", value: target } };
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    for (const data of chunks(chunk, chunkBytes))
      yield { message: { case: "data", value: new Uint8Array(data) } };
  }
}

/** Resolves when the bytes are written, so that none are lost when the process exits. */
function write(data: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(data, (error) => (error ? reject(error) : resolve()));
  });
}
