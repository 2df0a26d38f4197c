import { isIP } from "node:net";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import type { ImageStoreTarget } from "../../../gen/slipway/build/v1/output_pb.js";
import type { DriverDescriptor } from "../../../gen/slipway/driver/v1/descriptor_pb.js";
import { type ImageStoreRef, ImageStoreRefSchema } from "../../../gen/slipway/driver/v1/image_store_pb.js";
import type { NodeConfig } from "../../../gen/slipway/driver/v1/node_pb.js";
import { withoutBrackets } from "../../../network/without-brackets.js";
import { requireCapability } from "../../../plugin-client/require-capability.js";
import { capabilityIds, hasCapability } from "../../../plugin-protocol/capabilities.js";
import { type Environment, pickVariables } from "../../access/user.js";
import { remoteEndpointFault } from "../../nodes/remote-node.js";
import type { PluginManager } from "../../plugins/plugin-manager.js";
import type { PluginUse } from "../../plugins/plugin-use.js";
import { untrustedRefused } from "../spec/own-cache.js";

/** A plugin's image store, ready to be called. */
export interface UsedImageStore {
  /** The caller releases it. */
  readonly plugin: PluginUse;
  readonly ref: ImageStoreRef;
}

/** A build that uses image stores. */
export interface ImageStoreUser {
  readonly plugins: PluginManager;
  /** The client's environment. */
  readonly environment: Environment;
  /** The client is on the unix socket, so it may use the host user's own stores. */
  readonly isLocal: boolean;
  /** The build is untrusted: it uses no store, because others may use the same. */
  readonly isUntrusted?: boolean;
  /** Name of the builder's driver. */
  readonly driver: string;
  /** The builder's nodes. Whoever may use the builder may use the stores at their endpoints. */
  readonly configs: readonly NodeConfig[];
}

/**
 * Opens an image store; by default that of the driver with the lowest priority. PERMISSION_DENIED, reason LOCAL_ONLY,
 * when the client is on another machine, and the store is neither that of the builder's own node nor at an IP address
 * that the driver declares as safe for such clients; reason UNTRUSTED_REFUSED for an untrusted build.
 * @param field of the request that names the store
 */
export async function openImageStore(
  user: ImageStoreUser,
  target: Pick<ImageStoreTarget, "driver" | "endpoint"> | undefined,
  field: string,
): Promise<UsedImageStore> {
  const { plugins, environment } = user;
  if (user.isUntrusted) throw untrustedRefused(field, "an image store");
  const plugin = await plugins.use(target?.driver || (await firstDriver(plugins)));
  try {
    const message = `The ${plugin.descriptor.name} driver has no image store.`;
    requireCapability(plugin.descriptor, capabilityIds.imageStore, {
      message,
      remedy: "Choose another driver as the image store.",
    });
    await requireReachable(user, plugin.descriptor, target?.endpoint ?? "", field);
  } catch (cause) {
    plugin.release();
    throw cause;
  }
  const ref = create(ImageStoreRefSchema, {
    driver: plugin.descriptor.name,
    endpoint: target?.endpoint,
    environment: pickVariables(environment, plugin.descriptor.environmentVariables),
  });
  return { plugin, ref };
}

async function requireReachable(
  { isLocal, driver, configs }: ImageStoreUser,
  descriptor: DriverDescriptor,
  endpoint: string,
  field: string,
): Promise<void> {
  if (isLocal) return;
  // An endpoint that a client on another machine gave is checked here too.
  const isOfBuilder =
    driver === descriptor.name &&
    configs.some((config) => config.endpoint === endpoint && !config.allowedAddresses);
  if (isOfBuilder && endpoint) return;
  const why = (await remoteEndpointFault(descriptor, endpoint)) ?? nameFault(endpoint);
  if (!why) return;
  const message = `${field} needs an image store that only clients on the host's unix socket can use. ${why}`;
  throw typedError({
    code: Code.PermissionDenied,
    reason: "LOCAL_ONLY",
    message,
    fields: [{ field, message: why, reason: "LOCAL_ONLY" }],
    remedy: "Push the image to a registry, or read the output as a stream.",
  });
}

/** The plugin would resolve a name once more, perhaps to another machine. */
function nameFault(endpoint: string): string | undefined {
  const host = withoutBrackets(new URL(endpoint).hostname);
  return isIP(host) ? undefined : `The endpoint ${endpoint} has a name instead of an IP address.`;
}

async function firstDriver(plugins: PluginManager): Promise<string> {
  const drivers = await plugins.describe();
  const found = drivers
    .map(({ descriptor }) => descriptor)
    .filter((descriptor) => hasCapability(descriptor, capabilityIds.imageStore));
  if (found[0]) return found[0].name;
  throw typedError({
    code: Code.FailedPrecondition,
    reason: "IMAGE_STORE_MISSING",
    message: "There is no image store: no plugin has the capability image-store.",
    remedy: "Use a registry, or files: outputs of type oci, and named contexts in OCI layout.",
  });
}
