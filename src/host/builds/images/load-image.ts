import type { Readable } from "node:stream";
import type { ImageStoreRef } from "../../../gen/slipway/driver/v1/image_store_pb.js";
import { loadImage as sendImage } from "../../../plugin-client/load-image.js";
import type { PluginUse } from "../../plugins/plugin-use.js";
import type { Report } from "../host-step.js";

/** Least time between two reports of how much is sent, in milliseconds. */
const reportMs = 100;

/** Streams an image archive into a plugin's image store; returns the names or ids that it loaded. */
export async function loadImage(
  plugin: PluginUse,
  store: ImageStoreRef,
  archive: Readable,
  report: Report,
  signal: AbortSignal,
): Promise<string[]> {
  const step = { id: "archive", name: "sending tarball", total: 0n };
  let sent = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;
  const count = (chunk: Buffer) => {
    sent += chunk.length;
    const now = performance.now();
    if (now - reportedAt < reportMs) return;
    reportedAt = now;
    report({ ...step, current: BigInt(sent), done: false });
  };
  report({ ...step, current: 0n, done: false });
  // Only the transfer makes the archive flow.
  archive.pause().on("data", count);
  try {
    const loaded = await sendImage(plugin.imageStore, store, archive, { onProgress: report, signal });
    report({ ...step, current: BigInt(sent), done: true });
    return loaded;
  } finally {
    archive.off("data", count);
  }
}
