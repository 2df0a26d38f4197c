import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { ImageStoreTarget } from "../../../gen/slipway/build/v1/output_pb.js";
import { capabilityIds, hasCapability } from "../../../plugin-protocol/capabilities.js";
import { type ImageStoreUser, openImageStore } from "./open-store.js";

/**
 * Refuses a specification with an image store that its client may not use, before any work; see {@link openImageStore}.
 * A load without a named store is left to the plan when the builder's nodes may have stores of their own: the plan
 * knows whether the node loads the image itself.
 */
export async function checkStores(spec: BuildSpec, user: ImageStoreUser): Promise<void> {
  if (user.isLocal) return;
  const drivers = await user.plugins.describe();
  const builders = drivers.find(({ descriptor }) => descriptor.name === user.driver);
  const hasOwnStore = builders && hasCapability(builders.descriptor, capabilityIds.imageStore);
  for (const { field, target } of storesOf(spec)) {
    if (!user.isUntrusted && hasOwnStore && !target?.driver && !target?.endpoint) continue;
    (await openImageStore(user, target, field)).plugin.release();
  }
}

/** An image store that a field of a specification asks for. */
interface RequestedStore {
  field: string;
  /** Undefined for the default store. */
  target: ImageStoreTarget | undefined;
}

/** The image stores that a specification loads images into. Those of contexts are checked when they are opened. */
function storesOf(spec: BuildSpec): RequestedStore[] {
  return spec.outputs.flatMap(({ type, destination }, index): RequestedStore[] => {
    const field = `spec.outputs[${index}]`;
    if (destination.case === "imageStore")
      return [{ field: `${field}.image_store`, target: destination.value }];
    return type === "docker" && !destination.case ? [{ field, target: undefined }] : [];
  });
}
