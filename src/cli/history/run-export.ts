import { pipeline } from "node:stream/promises";
import { isatty } from "node:tty";
import { InputError } from "../../errors/input-error.js";
import { openFileSink } from "../../util/file-sink.js";
import { stdout } from "../../util/standard-streams.js";
import { allPages } from "../all-pages.js";
import { flagsConflict } from "../flags-conflict.js";
import { type Host, withHost } from "../host.js";
import { readLocalState } from "../local-state/local-state.js";
import { bytesOf } from "./bytes-of.js";
import { recordRef } from "./records.js";

/** The flags of `history export`. */
export interface HistoryExportFlags {
  builder?: string;
  all?: boolean;
  finalize?: boolean;
  output?: string;
}

/** `slipway history export` */
export async function runHistoryExport(refs: string[], flags: HistoryExportFlags): Promise<void> {
  const { builder, all = false, finalize, output } = flags;
  if (all && refs.length > 0) throw flagsConflict("--all", "cannot specify refs when using --all");
  if (!output && isatty(1)) {
    throw new InputError({
      reason: "OUTPUT_INVALID",
      field: "--output",
      message: "refusing to write to console, use --output to specify a file",
      remedy: "Name a file with -o, or redirect stdout.",
    });
  }
  await withHost(async (host) => {
    const { history, environment } = host;
    const localStates = host.isLocal ? await localStatesOf(host, builder) : {};
    const request = { builder, environment, refs, all, finalize, localStates };
    const chunks = history.exportHistory(request)[Symbol.asyncIterator]();
    // Writes nothing when the records are refused.
    const first = await chunks.next();
    const content = bytesOf(resumed(first, chunks));
    if (output) await pipeline(content, await openFileSink(output));
    else await pipeline(content, stdout(), { end: false });
  });
}

/** What this machine knows of the builds in a builder's history. */
async function localStatesOf({ history, environment }: Host, builder: string | undefined) {
  const { entries } = await allPages(
    (page) => history.listHistory({ builder, environment, ...page }),
    (response) => response.records,
  );
  const states = await Promise.all(
    entries.map(recordRef).map(async (ref) => [ref, await readLocalState(ref, process.env)] as const),
  );
  return Object.fromEntries(
    states.flatMap(([ref, state]) =>
      state
        ? [
            [
              ref,
              {
                target: state.Target,
                localPath: state.LocalPath,
                dockerfilePath: state.DockerfilePath,
                groupRef: state.GroupRef,
              },
            ],
          ]
        : [],
    ),
  );
}

async function* resumed<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  for (let next = first; !next.done; next = await rest.next()) yield next.value;
}
