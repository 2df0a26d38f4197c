import { pipeline } from "node:stream/promises";
import { InputError } from "../../errors/input-error.js";
import { stdout } from "../../util/standard-streams.js";
import { withHost } from "../host.js";
import { bytesOf } from "./bytes-of.js";

/** Short names of types. */
const types: Record<string, string[]> = {
  index: [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
  ],
  manifest: [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
  ],
  provenance: ["https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2"],
  sbom: ["https://spdx.dev/Document"],
};

/** `slipway history inspect attachment` */
export async function runHistoryAttachment(
  ref: string | undefined,
  digest: string | undefined,
  flags: { builder?: string; platform?: string; type?: string },
): Promise<void> {
  const { platform, type } = flags;
  if (!digest && !platform && !type) {
    throw new InputError({
      reason: "ATTACHMENT_MISSING",
      field: "digest",
      message: "at least one of --type, --platform or DIGEST must be specified",
      remedy: "List the attachments with `slipway history inspect`.",
    });
  }
  await withHost(async ({ history, environment }) => {
    const name = { builder: flags.builder, environment, ref };
    const wanted = digest ?? (await findAttachment());
    const chunks = history.readHistoryAttachment({ ...name, digest: wanted });
    await pipeline(bytesOf(chunks), stdout(), { end: false });

    async function findAttachment(): Promise<string> {
      const { record } = await history.getHistoryRecord(name);
      const ofType = type && (types[type] ?? [type]);
      const found = record!.attachments.find(
        (attachment) =>
          (!platform || attachment.platform === platform) && (!ofType || ofType.includes(attachment.type)),
      );
      if (found) return found.digest;
      throw new InputError({
        reason: "ATTACHMENT_UNKNOWN",
        field: "--type",
        message: `no matching attachment found for ref ${JSON.stringify(record!.ref)}`,
        remedy: "List the attachments with `slipway history inspect`.",
      });
    }
  });
}
