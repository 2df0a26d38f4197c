import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ConnectError } from "@connectrpc/connect";
import type { BuildHost } from "../../client/build-host.js";
import { openFileSink } from "../../util/file-sink.js";
import { stdout } from "../../util/standard-streams.js";
import { OutputUnwritable } from "../command-error.js";
import type { OutputFlag } from "./outputs.js";

/** Writes a streamed output to its local destination: stdout, a file, or a folder, which is sent as a tar archive. */
export async function readOutput(
  host: Pick<BuildHost, "builds">,
  id: string,
  output: number,
  flag: OutputFlag,
  signal: AbortSignal,
): Promise<void> {
  try {
    await receive(host, id, output, flag, signal);
  } catch (cause) {
    if (cause instanceof ConnectError || signal.aborted) throw cause;
    const { destination } = flag;
    const where = "path" in destination ? destination.path : "stdout";
    throw new OutputUnwritable(`Failed to write the output to ${where}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function receive(
  { builds }: Pick<BuildHost, "builds">,
  id: string,
  output: number,
  { destination }: OutputFlag,
  signal: AbortSignal,
): Promise<void> {
  const chunks = async function* () {
    for await (const { data } of builds.readOutput({ id, output }, { signal })) yield data;
  };
  switch (destination.kind) {
    case "stdout":
      await pipeline(Readable.from(chunks()), stdout() as Writable, { end: false, signal });
      return;
    case "file":
      await pipeline(Readable.from(chunks()), await openFileSink(destination.path), { signal });
      return;
    case "folder": {
      const { extractTar } = await import("../../archive/extract-tar.js");
      await extractTar(Readable.from(chunks(), { objectMode: false }), destination.path);
    }
  }
}
