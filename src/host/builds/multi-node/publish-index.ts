import type { CredentialProvider } from "../../../config/credential.js";
import { mergeIndexes } from "../../../image/merge-indexes.js";
import type { Descriptor } from "../../../image/oci-index.js";
import { RegistryClient } from "../../../registry/client.js";
import { ownAddressFault } from "../../base/own-machine.js";
import type { EventLog } from "../event-log.js";
import { hostStep } from "../host-step.js";
import { refusedTokenServers, type TokenServerUser } from "../logins/token-servers.js";
import type { MergedPush, PushTarget } from "./merged-push.js";
import { isConfigured, registrySettings } from "./registry-settings.js";

/**
 * Merges the indexes that the nodes have pushed by digest, and pushes the result under every name, with progress as in
 * buildx. Tags move last, when every repository has the index.
 * @param digests of the nodes' indexes
 * @param user whose build it is; the nodes' configurations have the settings of registries
 */
export async function publishIndex(
  digests: readonly string[],
  { targets, insecure }: MergedPush,
  user: TokenServerUser,
  credentials: readonly CredentialProvider[],
  events: EventLog,
  signal: AbortSignal,
): Promise<Descriptor> {
  const names = targets.map(({ name }) => name).join(",");
  return hostStep(events, `merging manifest list ${names}`, async (report) => {
    const clients = new Map<string, Promise<RegistryClient>>();
    let pauses = 0;
    const onPause = (why: string, ms: number) => {
      const name = `${why}; retrying in ${(ms / 1000).toFixed(1)} s`;
      report({ id: `pause ${pauses++}`, name, current: 0n, total: 0n, done: true });
    };
    const open = async (domain: string) => {
      const settings = registrySettings(user.configs, domain);
      return new RegistryClient({
        ...settings,
        domain,
        insecure: insecure || settings.insecure,
        // The name was checked before the build; it may resolve to another address now.
        refuse: user.isLocal || isConfigured(user.configs, domain) ? undefined : ownAddressFault,
        refuseTokenServer: await refusedTokenServers(domain, user),
        credentials,
        onPause,
      });
    };
    const clientOf = ({ domain }: PushTarget) => {
      const client = clients.get(domain) ?? open(domain);
      clients.set(domain, client);
      return client;
    };
    const first = targets[0]!;
    const manifests = await Promise.all(
      digests.map(async (digest) => (await clientOf(first)).getManifest(first.path, digest, signal)),
    );
    const { descriptor, bytes } = mergeIndexes(manifests.map((manifest) => manifest.bytes));
    const put = async (target: PushTarget, reference: string) =>
      (await clientOf(target)).putManifest(
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
