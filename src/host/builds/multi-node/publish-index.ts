import type { CredentialProvider } from "../../../config/credential.js";
import type { NodeConfig } from "../../../gen/slipway/driver/v1/node_pb.js";
import { mergeIndexes } from "../../../image/merge-indexes.js";
import type { Descriptor } from "../../../image/oci-index.js";
import { RegistryClient } from "../../../registry/client.js";
import type { EventLog } from "../event-log.js";
import { hostStep } from "../host-step.js";
import type { MergedPush, PushTarget } from "./merged-push.js";
import { registrySettings } from "./registry-settings.js";

/**
 * Merges the indexes that the nodes have pushed by digest, and pushes the result under every name, with progress as in
 * buildx. Tags move last, when every repository has the index.
 * @param digests of the nodes' indexes
 * @param configs of the nodes, which have the settings of registries
 */
export async function publishIndex(
  digests: readonly string[],
  { targets, insecure }: MergedPush,
  configs: readonly NodeConfig[],
  credentials: readonly CredentialProvider[],
  events: EventLog,
  signal: AbortSignal,
): Promise<Descriptor> {
  const names = targets.map(({ name }) => name).join(",");
  return hostStep(events, `merging manifest list ${names}`, async (report) => {
    const clients = new Map<string, RegistryClient>();
    let pauses = 0;
    const onPause = (why: string, ms: number) => {
      const name = `${why}; retrying in ${(ms / 1000).toFixed(1)} s`;
      report({ id: `pause ${pauses++}`, name, current: 0n, total: 0n, done: true });
    };
    const clientOf = ({ domain }: PushTarget) => {
      const known = clients.get(domain);
      if (known) return known;
      const settings = registrySettings(configs, domain);
      const client = new RegistryClient({
        ...settings,
        domain,
        insecure: insecure || settings.insecure,
        credentials,
        onPause,
      });
      clients.set(domain, client);
      return client;
    };
    const first = targets[0]!;
    const manifests = await Promise.all(
      digests.map((digest) => clientOf(first).getManifest(first.path, digest, signal)),
    );
    const { descriptor, bytes } = mergeIndexes(manifests.map((manifest) => manifest.bytes));
    const put = (target: PushTarget, reference: string) =>
      clientOf(target).putManifest(
        target.path,
        reference,
        { mediaType: descriptor.mediaType, bytes },
        signal,
      );
    const repositories = new Map(targets.map((target) => [`${target.domain}/${target.path}`, target]));
    for (const target of repositories.values()) await put(target, descriptor.digest);
    for (const target of targets) {
      if (target.tag === undefined) continue;
      const step = { id: target.name, name: `pushing ${target.name}`, current: 0n, total: 0n };
      report({ ...step, done: false });
      await put(target, target.tag);
      report({ ...step, done: true });
    }
    return descriptor;
  });
}
