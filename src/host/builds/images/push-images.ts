import type { CredentialProvider } from "../../../config/credential.js";
import { parseReference } from "../../../image/reference.js";
import { firstCredential } from "../../nodes/image-credentials.js";
import type { EventLog } from "../event-log.js";
import { hostStep } from "../host-step.js";
import { type ImageStoreUser, openImageStore } from "./open-store.js";

/** What {@link pushImages} works with. */
export interface PushOptions {
  readonly stores: ImageStoreUser;
  readonly events: EventLog;
  readonly credentials: readonly CredentialProvider[];
}

/**
 * Pushes images from the image store at a node's endpoint, one after the other. Returns the digest of the first in its
 * registry.
 */
export async function pushImages(
  names: readonly string[],
  store: { driver: string; endpoint: string },
  options: PushOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (names.length === 0) return undefined;
  const { events, credentials, stores } = options;
  const { plugin, ref } = await openImageStore(stores, store, "spec.outputs");
  let pushed: string | undefined;
  try {
    for (const name of names) {
      const registry = parseReference(name)?.domain ?? "docker.io";
      const found = await firstCredential(credentials, registry, signal);
      const credential = found && { username: found.username, secret: found.secret };
      const request = { store: ref, name, credential };
      await hostStep(events, `pushing ${name}`, async (report) => {
        for await (const { event } of plugin.imageStore.pushImage(request, { signal })) {
          if (event.case === "progress") report(event.value);
          else if (event.case === "pushed") pushed ??= event.value.digest;
        }
      });
    }
    return pushed;
  } finally {
    plugin.release();
  }
}
