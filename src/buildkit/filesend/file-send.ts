import type { Writable } from "node:stream";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import type { SessionCall, SessionMethod } from "../session/method.js";
import { outputError } from "./output-error.js";
import { receiveStream } from "./receive-stream.js";
import { receiveTree } from "./receive-tree.js";

/** Destination of the output of one exporter. */
export type FileSendTarget =
  | {
      /** An archive: exporters `tar`, `oci` and `docker`. */
      kind: "stream";
      /**
       * Opens the sink for the bytes, once per export. The sink is ended after the last byte, and the export succeeds
       * when it has finished; on failure it is destroyed, so that it can remove what was written. A StatusError with
       * ALREADY_EXISTS tells BuildKit that the output is not needed.
       */
      open(metadata: ExportMetadata): Promise<Writable> | Writable;
    }
  | {
      /** A folder: exporter `local`. */
      kind: "folder";
      /** Created with mode 0700 if it does not exist. Its other entries stay. */
      dest: string;
      /** Remove entries that the output does not have, for `mode=delete`; default false. */
      mirror?: boolean;
      /** Files that exports into this folder have written; this export adds its own. None may be written twice. */
      taken?: Set<string>;
    };

/** Properties of the image that `oci` and `docker` exporters send first, by the keys of the exporter response. */
export type ExportMetadata = Partial<Record<(typeof metadataKeys)[number], string>>;

const metadataKeys = [
  "containerimage.digest",
  "containerimage.config.digest",
  "containerimage.descriptor",
  "image.name",
] as const;

/** The session method that receives outputs. */
export interface FileSend extends SessionMethod {
  /** Resolves when no output is being received, so that partial files are gone. Never rejects. */
  idle(): Promise<void>;
}

/** @param targets by exporter id, the position in `SolveRequest.exporters` */
export function fileSend(targets: ReadonlyMap<number, FileSendTarget>): FileSend {
  const receiving = new Set<Promise<void>>();
  return {
    path: "/moby.filesync.v1.FileSend/DiffCopy",
    handle(call) {
      const received = receive(call, targets).finally(() => receiving.delete(received));
      receiving.add(received);
      return received;
    },
    async idle() {
      await Promise.allSettled(receiving);
    },
  };
}

async function receive(call: SessionCall, targets: ReadonlyMap<number, FileSendTarget>): Promise<void> {
  // BuildKit before 0.13 supports only one exporter and sends no id.
  const id = Number(call.header("buildkit-attachable-exporter-id")[0] ?? 0);
  const target = targets.get(id);
  if (!target) throw new StatusError(Code.NotFound, `The build has no output for exporter ${id}.`);
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
}

function metadataOf(call: SessionCall): ExportMetadata {
  const pairs = metadataKeys.map((key) => [key, call.header(`exporter-md-${key}`)[0]] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** A BuildKit without `mode=delete` sends one tree per platform, each of which would remove the others. */
function mirrorOf(call: SessionCall, mirror = false): boolean {
  if (mirror && call.header("buildkit-exporter-multi-platform")[0] !== "1") {
    throw new StatusError(
      Code.FailedPrecondition,
      "This BuildKit does not support mode=delete of the local exporter.",
    );
  }
  return mirror;
}
