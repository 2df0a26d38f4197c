import type { Writable } from "node:stream";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import type { SessionCall, SessionMethod } from "../session/method.js";
import { outputError } from "./output-error.js";
import { receiveStream } from "./receive-stream.js";
import { receiveTree } from "./receive-tree.js";

/** Where the output of one exporter goes. */
export type FileSendTarget =
  | {
      /** An archive: exporters `tar`, `oci` and `docker`. */
      kind: "stream";
      /**
       * Opens what the bytes go to, once per export. It is ended when all bytes are there, and the export succeeds
       * once it has finished; it is destroyed when something fails, so that it can remove what was written.
       * Throwing a StatusError with ALREADY_EXISTS tells BuildKit that the output is not wanted.
       */
      open(metadata: ExportMetadata): Promise<Writable> | Writable;
    }
  | {
      /** A folder: exporter `local`. */
      kind: "directory";
      /** Is made (mode 0700) if it is not there. What it has besides the output stays. */
      dest: string;
      /** Remove from it what the output does not have, as `mode=delete` wants; default false. */
      mirror?: boolean;
      /** Files that other exports into this folder wrote, to which this one adds its own; none may be written twice. */
      taken?: Set<string>;
    };

/** What `oci` and `docker` exporters tell of the image before its bytes, by the keys of the exporter response. */
export type ExportMetadata = Partial<Record<(typeof metadataKeys)[number], string>>;

const metadataKeys = [
  "containerimage.digest",
  "containerimage.config.digest",
  "containerimage.descriptor",
  "image.name",
] as const;

/**
 * The session method that receives outputs.
 * @param targets by exporter id: the position in `SolveRequest.exporters`.
 */
export function fileSend(targets: ReadonlyMap<number, FileSendTarget>): SessionMethod {
  return {
    path: "/moby.filesync.v1.FileSend/DiffCopy",
    async handle(call) {
      // BuildKit before 0.13 knows only one exporter and sends no id.
      const id = Number(call.header("buildkit-attachable-exporter-id")[0] ?? 0);
      const target = targets.get(id);
      if (!target) throw new StatusError(Code.NotFound, `there is no output for exporter ${id}`);
      try {
        if (target.kind === "stream") await receiveStream(call, await target.open(metadataOf(call)));
        else
          await receiveTree(call, target.dest, {
            mirror: mirrorOf(call, target.mirror),
            taken: target.taken,
          });
      } catch (error) {
        throw outputError(error);
      }
    },
  };
}

function metadataOf(call: SessionCall): ExportMetadata {
  const pairs = metadataKeys.map((key) => [key, call.header(`exporter-md-${key}`)[0]] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** A BuildKit that does not know `mode=delete` sends one tree per platform, of which each would remove the others. */
function mirrorOf(call: SessionCall, mirror = false): boolean {
  if (mirror && call.header("buildkit-exporter-multi-platform")[0] !== "1") {
    throw new StatusError(
      Code.FailedPrecondition,
      "this BuildKit does not support mode=delete of the local exporter",
    );
  }
  return mirror;
}
