import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import { type ImageStoreRef, ImageStoreRefSchema } from "../../../gen/slipway/driver/v1/image_store_pb.js";
import type { ImageStoreTarget } from "../../../gen/slipway/v1/build_spec_pb.js";
import { requireCapability } from "../../../plugin-client/require-capability.js";
import { capabilityIds, hasCapability } from "../../../plugin-protocol/capabilities.js";
import { type Environment, pickVariables } from "../../access/user.js";
import type { DriverLease, PluginManager } from "../../plugins/plugin-manager.js";

/** A plugin's image store, ready to be called. */
export interface ImageStoreLease {
  /** The caller releases it. */
  readonly lease: DriverLease;
  readonly ref: ImageStoreRef;
}

/** Whose image stores are opened. */
export interface ImageStoreUser {
  readonly plugins: PluginManager;
  /** The client's environment. */
  readonly environment: Environment;
}

/** Opens an image store; by default that of the driver with the lowest priority. */
export async function openImageStore(
  { plugins, environment }: ImageStoreUser,
  target: Pick<ImageStoreTarget, "driver" | "endpoint"> | undefined,
): Promise<ImageStoreLease> {
  const lease = await plugins.use(target?.driver || (await firstDriver(plugins)));
  try {
    const message = `The ${lease.descriptor.name} driver has no image store.`;
    requireCapability(lease.descriptor, capabilityIds.imageStore, {
      message,
      remedy: "Choose another driver as the image store.",
    });
  } catch (cause) {
    lease.release();
    throw cause;
  }
  const ref = create(ImageStoreRefSchema, {
    driver: lease.descriptor.name,
    endpoint: target?.endpoint,
    environment: pickVariables(environment, lease.descriptor.environmentVariables),
  });
  return { lease, ref };
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
