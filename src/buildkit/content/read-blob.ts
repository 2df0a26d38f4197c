import { Content } from "../../gen/containerd/services/content/v1/content_pb.js";
import type { BuildkitClient } from "../client.js";

/** All of a blob that BuildKit keeps with its history. */
export async function readBlob(
  client: BuildkitClient,
  digest: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const { data } of client.service(Content).read({ digest }, { signal })) parts.push(data);
  return Buffer.concat(parts);
}
